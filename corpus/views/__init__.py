"""What people load: a corpus as one data set with several configurations, and the card that describes it."""
