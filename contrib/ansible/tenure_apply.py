#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A module of Ansible: makes a tenure server what a site's file says, by tenurectl apply."""

DOCUMENTATION = r"""
module: tenure_apply
short_description: Makes a tenure server what a site's file says
description:
  - Runs C(tenurectl apply) on the machine that is managed. It compares the file, tenure-site(5), with the server,
    and changes what differs in one transaction; where nothing differs, nothing is written.
  - With C(--check) it only compares; with C(--diff) it shows what differs. Secrets are never shown.
options:
  path:
    description: The site's file, on the machine that is managed. The files that it names lie beside it.
    type: path
    required: true
  allow_delete:
    description: Zones, keys and groups that are C(state: absent) go.
    type: bool
    default: false
  yes_many:
    description: Also where more than a fifth of a zone's managed records go.
    type: bool
    default: false
  adopt:
    description: Takes over what is static, or nobody's.
    type: bool
    default: false
  take:
    description: Takes over zones of another file.
    type: bool
    default: false
  move_names:
    description: Moves names that a zone above holds into new zones.
    type: bool
    default: false
  keep_seeds:
    description: Leaves zones that hold other data than their seeds.
    type: bool
    default: false
  reason:
    description: Why it is done, for the server's log.
    type: str
  socket:
    description: The server's control socket, where it is not in its usual place.
    type: path
  tenurectl:
    description: The program.
    type: path
    default: tenurectl
"""

EXAMPLES = r"""
- name: The site's file and its keys
  ansible.builtin.copy:
    src: site/
    dest: /etc/tenure/site/
    mode: u=rwX,go=
- name: DNS is what the file says
  tenure_apply:
    path: /etc/tenure/site/site.yaml
    reason: "{{ ansible_user_id }}: {{ lookup('pipe', 'git rev-parse --short HEAD') }}"
"""

RETURN = r"""
summary:
  description: How many things are added, changed, deleted, in the way, and need an option.
  type: dict
  returned: always, but where the file is wrong
rows:
  description: What is, or would be, done; one for each thing (the schema C(apply.json) of tenure).
  type: list
  returned: as summary
"""

import json

from ansible.module_utils.basic import AnsibleModule

FLAGS = ("allow_delete", "yes_many", "adopt", "take", "move_names", "keep_seeds")


def words_of(module):
    words = [module.params["tenurectl"], "--json"]
    if module.params["socket"]:
        words += ["--socket", module.params["socket"]]
    words += ["apply", module.params["path"], "--plan" if module.check_mode else "--yes"]
    words += ["--" + flag.replace("_", "-") for flag in FLAGS if module.params[flag]]
    if module.params["reason"] and not module.check_mode:
        words += ["--reason", module.params["reason"]]
    return words


def rows_of(module, text):
    try:
        return [json.loads(line) for line in text.splitlines()]
    except ValueError:
        module.fail_json(msg="tenurectl gave what is no JSON: is it older than 0.2.0?", stdout=text)


def lines_of(rows, side):
    """What differs, a line for each thing, as --diff shows it."""
    lines = []
    for row in rows:
        if row["object"] == "summary" or row["action"] in ("same", "conflict"):
            continue
        what = " ".join(str(row[word]) for word in ("zone", "object", "name", "type", "field") if row.get(word))
        gone, come = ("remove", "add") if "add" in row else ("before", "after")
        value = row.get(gone if side == "before" else come)
        is_there = row["action"] != ("add" if side == "before" else "delete")
        if is_there:
            lines.append(f"{what}: {json.dumps(value, ensure_ascii=False)}\n")
    return "".join(lines)


def main():
    spec = {flag: {"type": "bool", "default": False} for flag in FLAGS}
    spec.update(path={"type": "path", "required": True}, reason={"type": "str"}, socket={"type": "path"},
                tenurectl={"type": "path", "default": "tenurectl"})
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    code, out, err = module.run_command(words_of(module))
    rows = rows_of(module, out)
    summary = rows[-1] if rows else {}
    result = {"rows": rows, "summary": summary}
    if code != 0:
        module.fail_json(msg=err.strip() or "tenurectl failed", rc=code, **result)
    changed = summary["add"] + summary["change"] + summary["delete"] > 0
    module.exit_json(changed=changed, diff={"before": lines_of(rows, "before"), "after": lines_of(rows, "after")},
                     **result)


if __name__ == "__main__":
    main()
