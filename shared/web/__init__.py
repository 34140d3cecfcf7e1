"""HTTP from one table of operations: router, OpenAPI, problems, middleware, limits."""
