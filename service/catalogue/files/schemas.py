"""What is answered to files of products."""

from pydantic import BaseModel, Field


class ImportAnswer(BaseModel):
    """What an import changed, or would have."""

    dry_run: bool = Field(description="nothing was changed; the same request without dry_run does what is said here")
    catalogue_version: int = Field(description="of the catalogue now")
    added: int
    changed: int
    delisted: int = Field(description="with complete=true: products on sale that the file does not name")
    unchanged: int
    touched: dict[str, int] = Field(
        description="annotated facings, references and planogram positions, by what was done to them",
        examples=[{"expired": 12}],
    )
    diff: list[str] = Field(
        description="the first 200 lines",
        examples=[
            [
                "+ 04006381333931 Oat drink 1 l (drinks > oat)",
                '~ 00000000000017 Milk: family none -> "milk"',
                "- 00000000000024 Kefir: last day 2026-03-01",
            ]
        ],
    )
    diff_left_out: int = Field(description="further lines")
