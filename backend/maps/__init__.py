"""Vector tiles and nearest accounts: reads accounts, territories, routes and visits."""
