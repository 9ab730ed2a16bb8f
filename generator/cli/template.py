"""`towpath template`: make, test, add and update service templates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from generator.cli.options import output_option, repository_option
from generator.errors import UsageError
from generator.report.console import out, out_json, say

if TYPE_CHECKING:
    from generator.template_library.cases import Outcome
    from generator.template_library.work import Work

_DRY_RUN = click.option("--dry-run", is_flag=True, help="Show what would change and write nothing.")


@click.group()
def command() -> None:
    """Make, test, add and update service templates."""


@command.command()
@click.argument("name")
@click.option("--extends", "parent", metavar="TEMPLATE", help="The template that the new one takes over.")
@repository_option
@output_option
def new(name: str, parent: str | None, repository: Path, output: str) -> None:
    """Write a new template NAME that works, with test cases, for you to change.

    \b
    Examples:
      towpath template new job
      towpath template new payments --extends backend
    """
    from generator.own_files.templates import names
    from generator.suggest import one_of
    from generator.template_library.work import carry_out, make
    from generator.trees.tree import DiskTree

    if parent is not None:
        one_of("template", parent, names(DiskTree(repository)))
    written = carry_out(repository, make(repository, name, parent))
    if output == "json":
        out_json({"template": name, "written": written})
        return
    for path in written:
        out(f"wrote {path}")
    say(f"\nnext:\n  edit templates/{name}/template.yaml\n  towpath template test {name} --update")


@command.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--update", is_flag=True, help="Write what is rendered now; look at the diff before you commit it.")
@repository_option
@output_option
def test(names: tuple[str, ...], update: bool, repository: Path, output: str) -> int:
    """Render the test cases of templates, by default of all, and compare with what they rendered before.

    A case is templates/TEMPLATE/tests/CASE/service.yaml, the spec of a service, beside rendered/, what comes of it.

    \b
    Examples:
      towpath template test
      towpath template test backend --update
    """
    from generator.building.write import Plan, write
    from generator.own_files.templates import names as known
    from generator.suggest import one_of
    from generator.template_library.cases import cases, run
    from generator.trees.tree import DiskTree

    tree = DiskTree(repository)
    chosen = [one_of("template", name, known(tree)) for name in names]
    outcomes = [run(tree, case) for case in cases(tree, chosen)]
    changed: dict[str, bytes | None] = {}
    if update:
        for outcome in outcomes:
            changed |= {} if outcome.findings else outcome.edits()
        writes = {path: content for path, content in changed.items() if content is not None}
        removes = tuple(path for path, content in changed.items() if content is None)
        write(repository, Plan(writes, removes, unchanged=0, foreign=(), blocked=()))
    failed = [outcome for outcome in outcomes if outcome.findings or not (update or outcome.passed)]
    if output == "json":
        out_json({"cases": [_outcome_json(outcome, update) for outcome in outcomes], "written": sorted(changed)})
    else:
        _tell_outcomes(outcomes, update, sorted(changed))
    return 1 if failed else 0


def _outcome_json(outcome: Outcome, update: bool) -> dict[str, Any]:
    from generator.report.json import finding_json

    return {
        "template": outcome.case.template,
        "case": outcome.case.name,
        "passed": not outcome.findings and (update or outcome.passed),
        "diff": outcome.diff(),
        "findings": [finding_json(finding) for finding in outcome.findings],
    }


def _tell_outcomes(outcomes: list[Outcome], update: bool, written: list[str]) -> None:
    from generator.report.text import finding_text

    for path in written:
        out(f"wrote {path}")
    for outcome in outcomes:
        if outcome.findings:
            out(f"failed  {outcome.case.title}")
            for finding in outcome.findings:
                out(finding_text(finding))
        elif not update and not outcome.passed:
            out("\n".join([f"differs {outcome.case.title}", *outcome.diff()]))
        else:
            out(f"ok      {outcome.case.title}")
    if not outcomes:
        say("there are no test cases; see: towpath template test --help")
    elif not update and any(not one.findings and not one.passed for one in outcomes):
        say("\nwhere the new output is right: towpath template test --update")


@command.command()
@click.argument("source", metavar="GIT-URL[@REF]")
@click.option("--path", metavar="PATH", help="The folder of the template there, where it has several.")
@click.option("--as", "name", metavar="NAME", help="The name of the template here; by default as there.")
@_DRY_RUN
@repository_option
@output_option
def add(source: str, path: str | None, name: str | None, dry_run: bool, repository: Path, output: str) -> None:
    """Copy a template of another git repository into this one, and show it: read it, a template is code.

    REF is a branch, a tag or a commit. The commit is written to templates/towpath.lock; from then on no network is
    needed until you update it. https, ssh and file are spoken.

    \b
    Examples:
      towpath template add https://github.com/acme/templates@v1.2 --path templates/payments
      towpath template add git@github.com:acme/templates.git --path job --as nightly --dry-run
    """
    from generator.template_library.source import address
    from generator.template_library.work import add as vendor

    work = vendor(repository, address(source), path, name)
    _finish_all([work], [], dry_run, repository, output)
    if output == "text" and not dry_run:
        say(f"\nnext:\n  read it, then: towpath template test {work.name}\n  git add templates && git commit")


@command.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--to", metavar="REF", help="The branch, tag or commit to bring it to; by default the one in the lock.")
@click.option(
    "--conflicts",
    type=click.Choice(["report", "write"]),
    default="report",
    show_default=True,
    help="Leave a template with conflicts as it is, or write git's markers into its files.",
)
@_DRY_RUN
@repository_option
@output_option
def update(names: tuple[str, ...], to: str | None, conflicts: str, dry_run: bool, repository: Path, output: str) -> int:
    """Bring templates to what their source is now, and keep what was changed here: a merge of three sides.

    Without NAME it is all in templates/towpath.lock. Those that came with towpath become those of the installed
    version. Where both sides changed the same lines nothing is written, unless you ask for the markers.

    \b
    Examples:
      towpath template update
      towpath template update payments --to v1.3
      towpath template update backend --conflicts write
    """
    from generator.template_library import lock as template_lock
    from generator.template_library.work import refuse_broken
    from generator.template_library.work import update as bring
    from generator.trees.tree import DiskTree

    if to is not None and len(names) != 1:
        raise UsageError("--to is about one template", next="name it")
    known = template_lock.read(DiskTree(repository))
    works = [bring(repository, name, to) for name in names or known]
    open_ = [work for work in works if work.conflicts and conflicts == "report"]
    ready = [work for work in works if work not in open_]
    refuse_broken(repository, ready)
    _finish_all(ready, open_, dry_run, repository, output)
    return 1 if any(work.conflicts for work in works) else 0


@command.command("list")
@repository_option
@output_option
def list_(repository: Path, output: str) -> None:
    """List the templates: where each came from, and how many of its files were changed here.

    \b
    Examples:
      towpath template list
    """
    from generator.own_files.templates import names
    from generator.report.text import count
    from generator.template_library import lock as template_lock
    from generator.template_library.work import changes
    from generator.trees.tree import DiskTree

    tree = DiskTree(repository)
    origins = template_lock.read(tree)
    rows = []
    for name in sorted({*names(tree), *origins}):
        origin = origins.get(name)
        rows.append((name, origin, changes(repository, name) if origin else ()))
    if output == "json":
        out_json(
            [
                {
                    "name": name,
                    "source": one.source if one else None,
                    "state": one.state if one else None,
                    "changed": files,
                }
                for name, one, files in rows
            ]
        )
        return
    width = max((len(name) for name, _, _ in rows), default=0)
    for name, origin, files in rows:
        where = f"{origin.source} {origin.state}" if origin else "yours"
        edited = f", {count(len(files), 'file')} changed here" if files else ""
        out(f"{name:{width}}  {where}{edited}")


@command.command()
@click.argument("name")
@repository_option
def diff(name: str, repository: Path) -> None:
    """Show what was changed here of a template that came from elsewhere.

    \b
    Examples:
      towpath template diff backend
    """
    from generator.suggest import one_of
    from generator.template_library import lock as template_lock
    from generator.template_library.work import diff as lines
    from generator.template_library.work import originals
    from generator.trees.tree import EMPTY, DiskTree, EditedTree

    tree = DiskTree(repository)
    one_of("template from elsewhere", name, template_lock.read(tree))
    before = originals(repository, name)
    for line in lines(EditedTree(EMPTY, before), {path: tree.read(path) for path in before}):
        out(line)


def _finish_all(ready: list[Work], open_: list[Work], dry_run: bool, repository: Path, output: str) -> None:
    """Show what is ready and write it; show what is open and leave it."""
    from generator.template_library.work import carry_out
    from generator.template_library.work import diff as lines
    from generator.trees.tree import DiskTree

    tree = DiskTree(repository)
    shown = {work.name: list(lines(tree, work.edits)) for work in ready}
    if not dry_run:
        for work in ready:
            carry_out(repository, work)
    if output == "json":
        written = [_work_json(work, shown[work.name], not dry_run) for work in ready]
        out_json(written + [_work_json(work, [], written=False) for work in open_])
        return
    for work in ready:
        for line in shown[work.name]:
            out(line)
    for work in (*ready, *open_):
        _tell(work, dry_run or work in open_)


def _work_json(work: Work, shown: list[str], written: bool) -> dict[str, Any]:
    return {
        "template": work.name,
        "source": work.origin.source if work.origin else None,
        "from": work.before.state if work.before else None,
        "to": work.origin.state if work.origin else None,
        "files": sorted(work.edits),
        "conflicts": [{"path": one.path, "line": one.line, "reason": one.why} for one in work.conflicts],
        "written": written,
        "diff": shown,
    }


def _tell(work: Work, unwritten: bool) -> None:
    from generator.report.text import count

    came = f"{work.origin.source} {work.origin.state}" if work.origin else ""
    if work.conflicts:
        say(f"{work.name}: {count(len(work.conflicts), 'conflict')} with {came}")
        for one in work.conflicts:
            place = f"templates/{work.name}/{one.path}{f':{one.line}' if one.line and not unwritten else ''}"
            say(f"  {place}: {one.why}")
        fix = "resolve the markers" if not unwritten else "nothing was written; --conflicts write writes the markers"
        say(f"  {fix}")
    elif not work.edits:
        say(f"{work.name}: up to date with {came}")
    else:
        say(f"{work.name}: {count(len(work.edits), 'file')} {'would change' if unwritten else 'written'}, from {came}")
