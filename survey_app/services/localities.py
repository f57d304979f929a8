"""Cities and counties that are evaluated: project counties, those with classes, their cities."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.divisions import counties
from survey_app.models import ClassRow, ProjectCountyRow, SchoolRow


@dataclass(frozen=True)
class Locality:
    """A city or county by statistical code; ``city`` is the code of the city it lies in."""

    code: str
    name: str
    kind: str
    city: str
    type: str
    """Code of the list ``locality_types``; '' for a city, or where no project county is named."""


def localities(db: Session, cycle: str, *, with_schools: bool = False) -> list[Locality]:
    """Cities, then counties, by code; on demand those too that only have schools in the lists."""
    listed = {
        row.county: _TYPES[row.guopei, row.it]
        for row in db.scalars(select(ProjectCountyRow).where(ProjectCountyRow.cycle == cycle))
    }
    hosts = db.scalars(select(ClassRow.county).where(ClassRow.cycle == cycle)).all()
    wanted, other = {*listed, *hosts}, "none" if listed else ""
    if with_schools:
        wanted |= set(db.scalars(select(SchoolRow.county).where(SchoolRow.cycle == cycle)))
    found = [county for county in counties() if county.code in wanted]
    cities = {county.city_code: county.city for county in found}
    return [Locality(code, name, "city", code, "") for code, name in sorted(cities.items())] + [
        Locality(
            code=county.code,
            name=f"{county.city}{county.name}",
            kind="county",
            city=county.city_code,
            type=listed.get(county.code, other),
        )
        for county in found
    ]


_TYPES = {
    (True, True): "both",
    (True, False): "guopei",
    (False, True): "it",
    (False, False): "none",
}
