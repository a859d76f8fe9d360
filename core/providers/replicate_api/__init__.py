"""Replicate's HTTP API as it really behaves: requests and refusals (`client`), predictions (`answers`), models
(`descriptions`). Facts from its published schema of 2026-03-16, its documentation and recorded answers."""
