"""The demo city: seeded agencies, synthetic subjects, lawful histories, on the real servers."""
