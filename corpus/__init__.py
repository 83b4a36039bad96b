"""The dataset: configurations and units, shards, the merge, statistics, verification."""
