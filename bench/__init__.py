"""Claims as ratios: the studio and a peer that does the same job, measured side by side. `make bench` runs all."""
