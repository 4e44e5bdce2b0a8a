"""Engine, tenancy, the embedded cluster and migrations. May import settings and clock only."""
