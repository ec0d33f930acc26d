from veriloop.recipes.scrit.settings import Settings, arms, line, of_round


def test_the_arms_are_ways_by_sizes_one_without_gates_and_the_rounds():
    settings = Settings("base", sizes=(8, 2), rounds=3)
    found = arms(settings)
    assert [arm.name for arm in of_round(found, 1)] == [
        *(f"{way}-{size}" for way in ("contrastive", "direct", "inject") for size in (2, 8)),
        "contrastive-ungated",
    ]
    (ungated,) = (arm for arm in found if not arm.gates)
    assert (ungated.sized_as, ungated.size) == ("contrastive-8", 8)
    assert [(arm.name, arm.after) for arm in found if arm.round > 1] == [
        ("contrastive-round-2", "contrastive-8"),
        ("contrastive-round-3", "contrastive-round-2"),
    ]
    assert line(settings, "contrastive") == [
        "contrastive-8",
        "contrastive-round-2",
        "contrastive-round-3",
    ]
    assert line(settings, "direct") == ["direct-8"]


def test_every_stage_has_a_folder_of_its_own():
    found = arms(Settings("base", rounds=3, continued=("contrastive", "direct")))
    assert len({arm.name for arm in found}) == len(found)
    made = {(arm.round, arm.way): arm.source for arm in found}
    assert len(set(made.values())) == len(made)
