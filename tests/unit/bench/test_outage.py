"""The outage's probes: together they give every service that is watched something to do."""

from __future__ import annotations

from datetime import date

from creditbus.bench.outage import BODY, LISTS, probes_of
from creditbus.demo.city import City
from creditbus.domain.law.catalogue import Publication
from creditbus.runtime.law.catalogue import load_catalogue
from tests.examples import CATALOGUE_FOLDER

TODAY = date(2026, 11, 30)


def test_each_probe_is_carried_out_by_the_body_and_exposed() -> None:
    catalogue = load_catalogue(CATALOGUE_FOLDER)
    city = City(catalogue, seed=7, run="outage", today=TODAY)
    carried_out = {
        trigger.list_id
        for measure in catalogue.measures.values()
        if measure.enabled and measure.automatic and BODY in measure.bodies
        for trigger in measure.triggers
    }
    for probe in probes_of(city, 3, TODAY):
        lists = {each.list_id for each in probe}
        assert lists == {*LISTS.values()}
        assert lists & carried_out
        assert Publication.COURT in {catalogue.lists[each].publication for each in lists}
        assert len({each.envelope.subject_id for each in probe}) == len(probe)
