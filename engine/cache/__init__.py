"""The tensor cache: byte budgets over device memory, host memory and disk."""
