"""What two or more services use, and nothing else."""
