"""The simulator: devices, writers, faults and crashes against a real server, with an oracle."""
