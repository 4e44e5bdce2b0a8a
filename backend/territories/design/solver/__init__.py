"""The engines of territory design: what loads OR-Tools, kept out of the service's own process."""
