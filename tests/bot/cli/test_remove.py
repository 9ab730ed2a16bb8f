"""`towpath remove` (P7): the overlay and our rendered files go, everything else stays."""

OVERLAY = "environments/staging/services/web.yaml"
RENDERED = "environments/staging/rendered/web"


def test_a_service_leaves_an_environment(desk):
    desk.origin.push("main", {f"{RENDERED}/by-hand.yaml": b"kind: ConfigMap\n"})
    before = set(desk.files())
    result = desk.towpath("remove", "web", "-e", "staging")
    assert result.out.startswith("#1 Remove web from staging\n  web: Deployment web removed\n")
    desk.land(1)
    gone = before - set(desk.files())
    assert OVERLAY in gone
    assert gone == {OVERLAY} | {path for path in before if path.startswith(RENDERED) and "by-hand" not in path}


def test_the_last_one_says_that_the_spec_may_go(desk):
    for number, environment in enumerate(("prod", "staging", "test"), 1):
        result = desk.towpath("remove", "web", "-e", environment)
        assert ("environments/base/services/web.yaml may go" in result.err) is (environment == "test")
        desk.land(number)
    assert "environments/base/services/web.yaml" in desk.files()


def test_what_the_base_does_not_have_cannot_be_removed(desk):
    (desk.checkout / "environments/test/services/new.yaml").write_text("values: {}\n")
    assert "new is not in test" in desk.towpath("remove", "new", "-e", "test", code=1).err
