"""The routes room's tasks, by name."""

from backend.jobs import Task
from backend.routes.weeks.planning import plan_weeks

TASKS = [Task("routes.plan_coverage", plan_weeks)]
