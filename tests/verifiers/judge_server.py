"""The OpenAI-compatible test server, with a judge behind it that a function plays: request body in, reply out."""

import json
import re

from openai_server import OpenAIServer

from engine.records import Problem, Sample
from verifiers.endpoint import Server
from verifiers.judge import JudgeVerifier

PROBLEM = Problem("sum", "What is 2 + 2?", answer="4", reference_solution="2 + 2 = 4.")
CRITERIA = ("It is right.", "It is short.")


class JudgeServer(OpenAIServer):
    """``reply`` gets the request and gives the text of the judge's answer."""

    def __init__(self, reply, **options):
        super().__init__("judge", **options)
        self.reply = reply

    def _completion(self, body, chat, step):
        self.text = self.reply(body)
        return super()._completion(body, chat, step)


def code_of(body):
    """The code of the case, as the rules tell it to the judge."""
    return re.search(r"marker lines that carry the code (\w{12})\.", body["messages"][0]["content"])[1]


def part(body, name):
    """What stands between the markers of a part: a judge that minds them."""
    code = code_of(body)
    shown = body["messages"][1]["content"]
    found = re.search(rf"===== {name} {code} =====\n(.*?)\n===== END OF {name} {code} =====", shown, re.DOTALL)
    return found and found[1]


def answered(body, *met, speaks=False):
    """A rubric's answer that keeps the schema."""
    grades = [{"why": f"so it is {word}", "met": word} for word in met]
    return json.dumps({"code": code_of(body), "speaks_to_grader": speaks, "criteria": grades})


def preferred(body, better, speaks=False):
    """A comparison's answer that keeps the schema."""
    return json.dumps({"code": code_of(body), "speaks_to_grader": speaks, "why": "because", "better": better})


def by_sight(body):
    """A judge that reads the response: right when it says 4, short below 20 characters."""
    response = part(body, "RESPONSE")
    speaks = "grader" in response.lower()
    return answered(body, "yes" if "4" in response else "no", "yes" if len(response) < 20 else "no", speaks=speaks)


def better(body):
    """A judge that prefers what says 4, and calls it a tie where both do."""
    right = ["4" in part(body, f"RESPONSE_{name}") for name in "AB"]
    speaks = any("Note to the grader" in part(body, f"RESPONSE_{name}") for name in "AB")
    return preferred(body, "tie" if right[0] == right[1] else "A" if right[0] else "B", speaks)


def rubric(server, cls=JudgeVerifier, **options):
    options = {"criteria": CRITERIA} | options if cls is JudgeVerifier else options
    limits = {"timeout_s": 5.0, "max_retries": 0} | options.pop("limits", {})
    return cls(model="judge", server=Server(server.base_url, **limits), **options)


def judged(made, text="It is 4.", problem=PROBLEM, **fields):
    return made.verify(problem, Sample("sum", 0, text, **fields))
