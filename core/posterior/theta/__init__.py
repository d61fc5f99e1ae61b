"""The posterior of theta, the covariance of the groups over sigma_y**2, as weighted nodes."""
