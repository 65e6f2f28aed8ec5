"""Portfolio Planner: one person's instance, which plans trades and shares them with friends."""
