"""As much of Label Studio's API as the loop uses, as the real one answers; the same tests run against both."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi import FastAPI, HTTPException, Request, Response


class StandIn:
    """Projects, webhooks, tasks and annotations in memory."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.projects: dict[int, dict[str, Any]] = {}
        self.hooks: dict[int, dict[str, Any]] = {}
        self.tasks: dict[int, dict[str, Any]] = {}
        self.app = FastAPI()
        for method, path, answer in (
            ("GET", "/health", lambda: "ok"),
            ("GET", "/api/projects", self.find_projects),
            ("POST", "/api/projects", self.add_project),
            ("POST", "/api/projects/{project}/import", self.add_tasks),
            ("GET", "/api/webhooks/", self.find_hooks),
            ("POST", "/api/webhooks/", self.add_hook),
            ("DELETE", "/api/webhooks/{number}/", self.remove_hook),
            ("GET", "/api/tasks", self.find_tasks),
            ("PATCH", "/api/tasks/{number}/", self.change_task),
            ("POST", "/api/tasks/{number}/annotations/", self.annotate),
            ("PATCH", "/api/annotations/{number}/", self.change_annotation),
        ):
            self.app.add_api_route(path, answer, methods=[method], status_code=201 if method == "POST" else 200)
        self.app.middleware("http")(self.check)

    async def check(self, request: Request, answer: Any) -> Response:
        if request.headers.get("Authorization") != f"Token {self.token}" and request.url.path != "/health":
            return Response('{"detail": "Invalid token."}', 401, media_type="application/json")
        answered: Response = await answer(request)
        answered.headers["Date"] = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        return answered

    def find_projects(self, title: str = "") -> dict[str, Any]:
        return {"results": [one for one in self.projects.values() if title in one["title"]]}

    def add_project(self, project: dict[str, Any]) -> dict[str, Any]:
        number = len(self.projects) + 1
        self.projects[number] = {"id": number, **project}
        return self.projects[number]

    def find_hooks(self, project: int) -> list[dict[str, Any]]:
        return [hook for hook in self.hooks.values() if hook["project"] == project]

    def add_hook(self, hook: dict[str, Any]) -> dict[str, Any]:
        number = len(self.hooks) + 1
        self.hooks[number] = {"id": number, **hook}
        return self.hooks[number]

    def remove_hook(self, number: int) -> None:
        del self.hooks[number]

    def add_tasks(self, project: int, tasks: list[dict[str, Any]]) -> dict[str, Any]:
        numbers = range(len(self.tasks) + 1, len(self.tasks) + len(tasks) + 1)
        for number, task in zip(numbers, tasks, strict=True):
            kept = {"id": number, "project": project, "annotations": [], "updated_at": _now()}
            self.tasks[number] = {**kept, "data": task["data"], "predictions": task["predictions"]}
        return {"task_ids": list(numbers)}

    def find_tasks(self, project: int, page: int, page_size: int, query: str) -> dict[str, Any]:
        found = [task for task in self.tasks.values() if task["project"] == project]
        for item in json.loads(query)["filters"]["items"]:
            found = [task for task in found if task["updated_at"] > item["value"]]
        some = found[(page - 1) * page_size : page * page_size]
        if not some and page > 1:
            raise HTTPException(404, "Invalid page.")
        return {"tasks": some, "total": len(found)}

    def change_task(self, number: int, change: dict[str, Any]) -> dict[str, Any]:
        self.tasks[number] |= {**change, "updated_at": _now()}
        return self.tasks[number]

    def annotate(self, number: int, said: dict[str, Any]) -> dict[str, Any]:
        own = {"id": sum(len(task["annotations"]) for task in self.tasks.values()) + 1, "completed_by": 1}
        annotation = {**own, "updated_by": 1, "ground_truth": False, "task": number, **said, "updated_at": _now()}
        self.tasks[number]["annotations"].append(annotation)
        self._tell("ANNOTATION_CREATED", number, annotation)
        return annotation

    def change_annotation(self, number: int, change: dict[str, Any]) -> dict[str, Any]:
        (annotation,) = (one for task in self.tasks.values() for one in task["annotations"] if one["id"] == number)
        annotation |= {**change, "updated_at": _now()}
        self._tell("ANNOTATION_UPDATED", annotation["task"], annotation)
        return annotation

    def _tell(self, action: str, number: int, annotation: dict[str, Any]) -> None:
        task = self.tasks[number]
        task["updated_at"] = _now()
        for hook in self.find_hooks(task["project"]):
            try:
                body = {"action": action, "annotation": annotation, "task": task}
                httpx.post(hook["url"], json=body, headers=hook["headers"], timeout=1, trust_env=False)
            except httpx.HTTPError:
                pass  # once, with one second of patience


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
