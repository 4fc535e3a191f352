# SPDX-License-Identifier: BSD-2-Clause
"""The forms of doc/schema: read, closed, and held against what commands give.

A form says what a member is, and that others may come. Here they may not: each object of a form is
closed, its words are those of its examples, so that a member that is not described is a fault, and each member that was met is noted, so
that one that is described and never given can be told.

    forms = Forms()
    forms.check("zone list", "line", {...})      # a line of tenurectl --json
    forms.check("zone list", "row", {...})       # a row of the control socket
    forms.check("zone list", "result", {...})    # its closing object
"""
import functools
import json
import pathlib
import re

import jsonschema

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "doc/schema"
FILES = {"tenure-site"}  # forms of files, which are read and not given
CLOSING = ("ok", "code", "protocol", "said", "error")


def validator(form):
    return jsonschema.Draft202012Validator(form)


def word_of(command):
    return command.replace(" ", "-")


class Forms:
    def __init__(self):
        self.documents = {path.stem: json.loads(path.read_text())
                          for path in sorted(SCHEMAS.glob("*.json")) if path.stem not in FILES}
        self.met = set()     # (document, definition, member)

    def commands(self):
        return {name for name in self.documents if name != "common"}

    # --- a form without references to others, closed

    def find(self, document, reference):
        file, _, path = reference.partition("#/$defs/")
        return (file[:-len(".json")] if file else document), path

    @functools.lru_cache(maxsize=None)
    def closed(self, document, name):
        """The definition with what it refers to put in, as objects that take no other members.
        An object has `x-member`, the place of each member, for what is met."""
        return self.close(document, name, self.documents[document]["$defs"][name])

    def close(self, document, name, form):
        form = dict(form)
        if "$ref" in form:
            target = self.find(document, form.pop("$ref"))
            return {**self.closed(*target), **form}
        for word in ("anyOf", "items"):
            if isinstance(form.get(word), list):
                form[word] = [self.close(document, name, one) for one in form[word]]
            elif word in form:
                form[word] = self.close(document, name, form[word])
        if "examples" in form:  # all that there are today; a later version may have more
            form["enum"] = form["examples"] + ([None] if "null" in form["type"] else [])
        if form.get("type") != "object":
            return form
        members, required, places = {}, list(form.get("required", [])), {}
        for base in form.pop("allOf", []):
            target = self.find(document, base["$ref"])
            whole = self.closed(*target)
            members.update(whole["properties"])
            required += whole["required"]
            places.update(whole["x-member"])
        for member, one in form.get("properties", {}).items():
            members[member] = self.close(document, f"{name}.{member}", one)
            places[member] = (document, name, member)
        form.update(properties=members, required=sorted(set(required)))
        form["x-member"] = places
        form.setdefault("additionalProperties", False)
        if isinstance(form["additionalProperties"], dict):
            form["additionalProperties"] = self.close(document, name, form["additionalProperties"])
        return form

    # --- holding something against it

    def names_of(self, command, way):
        """The definitions of which it is one."""
        document = self.documents[word_of(command)]
        if way == "result":
            return ["result"]
        lines = [one["$ref"].rsplit("/", 1)[1] for one in document["anyOf"]]
        return lines if way == "line" else [name for name in document["$defs"] if name != "result"]

    def check(self, command, way, given):
        document = word_of(command)
        problems = []
        if way == "row" and "warning" in given:
            forms = [("common", "warning")]
        elif way == "row" and "noun" in given:
            forms = [("common", "progress")]
        else:
            forms = [(document, name) for name in self.names_of(command, way)]
        has_failed = way == "result" and not given["ok"]
        if way == "result":
            given = {member: value for member, value in given.items() if member not in CLOSING}
        for place in forms:
            form = self.closed(*place)
            if has_failed:  # it says as much as was known then
                form = {**form, "required": []}
            found = sorted(validator(form).iter_errors(given), key=str)
            if not found:
                self.note(form, given)
                return
            problems.append(f"{place[1]}: {found[0].message} (at {list(found[0].path)})")
        raise AssertionError(f"{command}: this {way} is of no form of doc/schema/{document}.json:\n"
                             f"{json.dumps(given)}\n" + "\n".join(problems))

    def note(self, form, given):
        if isinstance(given, list) and "items" in form:
            for one in given:
                self.note(form["items"], one)
        for one in form.get("anyOf", []):
            if validator(one).is_valid(given):
                self.note(one, given)
        if not isinstance(given, dict) or "x-member" not in form:
            return
        for member, value in given.items():
            if member in form["x-member"]:
                self.met.add(form["x-member"][member])
                self.note(form["properties"][member], value)
            elif isinstance(form["additionalProperties"], dict):
                self.note(form["additionalProperties"], value)

    # --- all that is described

    def members(self):
        """(document, definition, member, form) of each member that a form describes."""
        def walk(document, name, form):
            for member, one in form.get("properties", {}).items():
                yield document, name, member, one
                yield from walk(document, f"{name}.{member}", one)
            for word in ("items", "additionalProperties"):
                if isinstance(form.get(word), dict):
                    yield from walk(document, name, form[word])
            for one in form.get("anyOf", []):
                yield from walk(document, name, one)
        for document, whole in self.documents.items():
            for name, form in whole["$defs"].items():
                yield from walk(document, name, form)

    def types_of(self, document, form):
        """The types that a value may have, without null."""
        if "$ref" in form:
            target, path = self.find(document, form["$ref"])
            return self.types_of(target, self.documents[target]["$defs"][path])
        if "anyOf" in form:
            return set().union(*(self.types_of(document, one) for one in form["anyOf"])) - {"null"}
        if "const" in form:
            kinds = {bool: "boolean", int: "integer", str: "string"}
            return {kinds[type(form["const"])]}
        types = form["type"] if isinstance(form["type"], list) else [form["type"]]
        return set(types) - {"null"}

    def is_time(self, form):
        text = json.dumps(form)
        return "common.json#/$defs/time" in text or '"#/$defs/time"' in text


# What would be a number, a boolean or nothing if it were typed.
TYPED = re.compile(r"^(\d{1,20}|\d+[smhdw]|\d+[KMGT]|on|off|yes|no|true|false|none|null)$")
