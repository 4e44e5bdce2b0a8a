"""The rest of a day planned anew on the phone: pure arithmetic, no network."""
