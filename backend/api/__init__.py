"""What every endpoint shares: problem+json, paging, ETags, health. Knows no room."""
