"""An act as it is sent and answered: the fields of the form, each in the unit that its description names."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from api.errors import InvalidRequest
from api.links import act_link, poll_link, usage_point_link
from api.poll_requests import PollRequestOut
from api.schemas import DecimalText, Identifier, Instant, LineText, NoteText, Timestamp
from billing.acts import Draft
from metering.act_codec import MOST_COMPONENTS, MOST_REPRESENTATIVES, contents_json, contents_of
from metering.acts import LONGEST_NUMBER, ActKind, Contents
from metering.components import ComponentKind
from metering.errors import ConfigurationError
from metering.reasons import Because, Reason
from storage.acts import StoredAct

_STRICT: Final = ConfigDict(extra="forbid")

Celsius = Annotated[DecimalText | None, Field(examples=["71.4"], description="°C")]
MassFlow = Annotated[DecimalText | None, Field(examples=["3.12"], description="t/h")]
VolumeFlow = Annotated[DecimalText | None, Field(examples=["3.2"], description="m³/h")]
Energy = Annotated[DecimalText | None, Field(examples=["1250.6"], description="Gcal")]
Mass = Annotated[DecimalText | None, Field(examples=["51200.4"], description="t")]
Volume = Annotated[DecimalText | None, Field(examples=["52300.1"], description="m³")]
DayText = Annotated[
    str, Field(pattern=r"^\d{4}-\d\d-\d\d$"), WithJsonSchema({"type": "string", "format": "date"})
]
Day = Annotated[DayText | None, Field(examples=["2026-09-01"])]
NumberText = Annotated[str, Field(max_length=LONGEST_NUMBER, pattern=r"^[^\x00-\x1f\x7f]*$")]


class ComponentForm(BaseModel):
    """A component of the meter, as its passport and its seal have it."""

    model_config = _STRICT

    kind: ComponentKind = Field(examples=[ComponentKind.CALCULATOR])
    type: LineText = Field(examples=["ТВ7-04"])
    serial: LineText = Field(examples=["16-084512"])
    seal: LineText = Field(default="", examples=["А-204417"])
    verified_on: Day = None
    verification_due: Day = None


class HeaderForm(BaseModel):
    """Whose point it is, and where."""

    model_config = _STRICT

    contract: LineText = Field(default="", examples=["1204"])
    name: LineText = Field(default="", examples=["КСК Абай"])
    address: LineText = Field(default="", examples=["Almaty, Abai street 10"])


class ParametersForm(BaseModel):
    """What the meter shows at the moment, and how its modem is reached."""

    model_config = _STRICT

    temperature_supply: Celsius = None
    temperature_return: Celsius = None
    flow_supply: MassFlow = None
    flow_return: MassFlow = None
    volume_flow_supply: VolumeFlow = None
    volume_flow_return: VolumeFlow = None
    signal_level: DecimalText | None = Field(default=None, examples=["-71"], description="УМС, dBm")
    phone: LineText = Field(default="", examples=["+77015550001"])
    network_address: LineText = Field(default="", examples=["10.0.0.5:4001"])


class TotalsForm(BaseModel):
    """Registers at the moment; 1, 2 and 3 are supply, return, and make-up or hot water."""

    model_config = _STRICT

    energy_heating: Energy = None
    energy_hot_water: Energy = None
    energy_total: Energy = None
    energy_hot_water_summer: Energy = None
    mass_1: Mass = None
    mass_2: Mass = None
    mass_3: Mass = None
    volume_1: Volume = None
    volume_2: Volume = None
    volume_3: Volume = None
    operating_time: DecimalText | None = Field(default=None, examples=["4410"], description="Тр, h")


class SettingsForm(BaseModel):
    """What is set in the meter; of an admission alone."""

    model_config = _STRICT

    pulse_weight: DecimalText | None = Field(default=None, examples=["10"], description="l per pulse")
    largest_flow: VolumeFlow = None
    smallest_flow: VolumeFlow = None
    cold_water_temperature: Celsius = None
    nominal_diameter: DecimalText | None = Field(default=None, examples=["50"], description="Dy, mm")


class ContentsIn(BaseModel):
    """The form; what a person adds by hand to what a draft brought."""

    model_config = _STRICT

    serial: LineText = Field(examples=["06855817"], description="Of the meter.")
    header: HeaderForm = Field(default_factory=HeaderForm)
    components: list[ComponentForm] = Field(default=[], max_length=MOST_COMPONENTS)
    read_at: Instant | None = Field(default=None, examples=["2026-01-31T10:00:00Z"])
    parameters: ParametersForm = Field(default_factory=ParametersForm)
    totals: TotalsForm = Field(default_factory=TotalsForm)
    settings: SettingsForm | None = None
    conclusion: NoteText = Field(default="", examples=["Admitted to commercial use."])
    to_do: NoteText = Field(default="", examples=["Insulate the return pipe by 1 March."])
    representatives: list[LineText] = Field(
        default=[], max_length=MOST_REPRESENTATIVES, examples=[["A. Serikova", "B. Omarov"]]
    )

    def contents(self, in_spite_of: str = "") -> Contents:
        """InvalidRequest when a field is not what its form allows."""
        try:
            return contents_of(self.model_dump(mode="json") | {"in_spite_of": in_spite_of})
        except ConfigurationError as error:
            raise InvalidRequest(f"body: {error}") from error


class ContentsOut(ContentsIn):
    """The form as it was signed, with what stood against it and why it was signed all the same."""

    read_at: Timestamp | None = None
    objections: list[str] = Field(examples=[[]])
    in_spite_of: str = Field(examples=[""])


class ActIn(BaseModel):
    """An act to be registered. Without `number` it gets the next one of its series."""

    model_config = _STRICT

    kind: ActKind = Field(examples=[ActKind.ADMISSION])
    usage_point: Identifier = Field(examples=[17])
    at: Instant = Field(description="From when on it counts.", examples=["2026-01-31T10:00:00Z"])
    number: NumberText = Field(default="", examples=["ОПУ-АД-118"])
    poll: UUID | None = Field(
        default=None,
        examples=["01890a5d-ac96-774b-bcce-b302099a8057"],
        description="The poll of the draft: its serial number is checked again.",
    )
    contents: ContentsIn
    in_spite_of: NoteText = Field(
        default="", examples=[""], description="Why an admission is signed though something hinders it."
    )


class AnnulIn(BaseModel):
    """Why an act does not count."""

    model_config = _STRICT

    because: NoteText = Field(min_length=1, examples=["Drawn up for the wrong entrance."])


class AnnulledOut(BaseModel):
    """Who took an act back, when and why."""

    at: Timestamp
    by: str = Field(examples=["engineer"])
    because: str = Field(examples=["Drawn up for the wrong entrance."])


class ActLinks(BaseModel):
    """Where to go on from an act."""

    self: str = Field(examples=["/api/v1/acts/118"])
    usage_point: str = Field(examples=["/api/v1/usage-points/17"])
    poll: str | None = Field(examples=[None], description="The poll that filled it.")


class ActOut(BaseModel):
    """A registered act."""

    id: int = Field(examples=[118])
    number: str = Field(examples=["ОПУ-АД-118"])
    kind: ActKind = Field(examples=[ActKind.ADMISSION])
    usage_point_id: int = Field(examples=[17])
    meter_id: int = Field(examples=[42])
    at: Timestamp
    contents: ContentsOut
    entered_by: str = Field(examples=["engineer"])
    entered_at: Timestamp
    annulled: AnnulledOut | None
    links: ActLinks


class ObjectionOut(BaseModel):
    """Something that a person has to look at before he signs."""

    word: Because = Field(examples=[Because.SERIAL_DIFFERS])
    text: str = Field(examples=["The meter says that its number is 06855818; the registry has 06855817."])
    hinders: bool = Field(examples=[True], description="An admission is refused because of it.")


class DraftIn(BaseModel):
    """Which form is wanted, of which point."""

    model_config = _STRICT

    usage_point: Identifier = Field(examples=[17])
    kind: ActKind = Field(examples=[ActKind.ADMISSION])


class FormOut(BaseModel):
    """The form as the poll filled it."""

    poll_id: UUID = Field(examples=["01890a5d-ac96-774b-bcce-b302099a8057"])
    contents: ContentsOut
    mismatches: list[ObjectionOut]


class DraftOut(BaseModel):
    """A form that is being filled; `form` is null until the meter was read, `request` tells how far it is."""

    usage_point_id: int = Field(examples=[17])
    kind: ActKind = Field(examples=[ActKind.ADMISSION])
    request: PollRequestOut
    form: FormOut | None


def act_out(act: StoredAct) -> ActOut:
    """An act as it is answered."""
    annulled = act.annulled
    return ActOut(
        id=act.id,
        number=act.number,
        kind=act.kind,
        usage_point_id=act.usage_point_id,
        meter_id=act.meter_id,
        at=act.at,
        contents=contents_out(act.contents),
        entered_by=act.entered_by,
        entered_at=act.entered_at,
        annulled=AnnulledOut(at=annulled.at, by=annulled.by, because=annulled.because) if annulled else None,
        links=ActLinks(
            self=act_link(act.id),
            usage_point=usage_point_link(act.usage_point_id),
            poll=poll_link(act.poll_id) if act.poll_id else None,
        ),
    )


def contents_out(contents: Contents) -> ContentsOut:
    """A form as it is answered."""
    return ContentsOut.model_validate(contents_json(contents))


def form_out(draft: Draft) -> FormOut:
    """A draft as it is answered."""
    return FormOut(
        poll_id=draft.poll_id,
        contents=contents_out(draft.contents),
        mismatches=[objection_out(one) for one in draft.mismatches],
    )


def objection_out(one: Reason) -> ObjectionOut:
    """A reason as it is answered."""
    return ObjectionOut(word=one.word, text=one.text(), hinders=one.hinders)
