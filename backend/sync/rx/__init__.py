"""RxDB's HTTP replication over the same core as the devices' own protocol."""
