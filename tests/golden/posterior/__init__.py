"""Independent posteriors: dense quadrature and MCMC on the rows, and what they gave."""
