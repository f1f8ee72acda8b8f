"""Evaluation by plan: survey the graph, plan the tasks, run them, share and keep the results."""
