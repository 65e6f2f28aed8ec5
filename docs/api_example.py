"""Plans a trade, shares it with every friend and says why. Needs Python alone.

INSTANCE=http://127.0.0.1:8000 TOKEN=pp_... python docs/api_example.py
"""

import json
import os
import urllib.request
import uuid

ROOT = os.environ["INSTANCE"] + "/api/v1"


def ask(method, path, body=None):
    """One request; a problem raises urllib's HTTPError, whose body says what to do."""
    headers = {"Authorization": "Bearer " + os.environ["TOKEN"], "Content-Type": "application/json"}
    if method == "POST":
        headers["Idempotency-Key"] = str(uuid.uuid4())  # the same again if you send it again
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(ROOT + path, data, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


stock = {"side": "buy", "kind": "stock", "quantity": 100, "price": "168.99"}
idea = {"symbol": "NVDA", "strategy": "Long stock", "legs": [stock]}
made = ask("POST", "/positions/ideas", idea)
path = "/positions/ideas/" + made["id"]
friends = [one["user_id"] for one in ask("GET", "/friends")["results"] if one["state"] == "friend"]
shares = ask("POST", path + "/share", {"friend_ids": friends})["results"]
said = ask("POST", path + "/comments", {"text": "Earnings are in two weeks."})
print(f"{made['idea']['symbol']} shared with {len(shares)}, comment {said['number']}: {made['id']}")
