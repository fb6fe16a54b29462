"""The type that a structured output has, as a pydantic model and as a msgspec Struct.

Imported by the tasks that ask for one, so that the others do not pay for pydantic.
"""

import msgspec
from pydantic import BaseModel, Field


class Day(BaseModel):
    """One day of a forecast."""

    date: str = Field(description="As YYYY-MM-DD.")
    high: float
    low: float
    sky: str | None = None


class Forecast(BaseModel):
    """The weather of the coming days."""

    city: str
    days: list[Day]
    warnings: list[str]


class DayStruct(msgspec.Struct):
    """One day of a forecast."""

    date: str
    high: float
    low: float
    sky: str | None = None


class ForecastStruct(msgspec.Struct):
    """The weather of the coming days."""

    city: str
    days: list[DayStruct]
    warnings: list[str]
