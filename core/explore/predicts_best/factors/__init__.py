"""Which fit predicts best with several factors: rows or whole levels of a factor held out."""
