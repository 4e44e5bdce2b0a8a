"""The phone around the core: clock, secrets, GPS, camera and microphone, real and faked."""
