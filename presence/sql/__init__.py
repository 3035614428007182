"""The statements that the ORM cannot say in one round trip: the hot path, the sweeper, the ledger."""
