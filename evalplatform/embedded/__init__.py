"""The bundled PostgreSQL and Redis, and the one process that runs them and everything else."""
