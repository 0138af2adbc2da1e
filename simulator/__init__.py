"""A physical shop in software: plates, people, cameras and their faults; stories, recordings, replay, compare."""
