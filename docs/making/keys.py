"""Write `docs/keys.md` from the declarations of the actions; part of `make docs`."""

from pathlib import Path

from rimlight.app.commands import COMMANDS
from rimlight.app.panels import discover
from rimlight.app.settings.keys_page import keys_page

panels, failures = discover()
if failures:
    raise SystemExit("\n".join(f"{failure.origin}: {failure.reason}" for failure in failures))
actions = [*COMMANDS, *(action for panel in panels for action in panel.actions)]
(Path(__file__).parents[1] / "keys.md").write_text(keys_page(actions), encoding="utf-8")
