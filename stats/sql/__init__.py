"""The statements that the ORM cannot say in one round trip: the minute's sample, figures, curves."""
