"""Portfolio Planner: one person's instance, which plans option ideas and shares them with friends."""
