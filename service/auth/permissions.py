"""Which role may do what."""

from enum import StrEnum


class Role(StrEnum):
    """What a key's holder is."""

    STORE = "store"
    ANNOTATOR = "annotator"
    EXPERT = "expert"
    ENGINEER = "engineer"
    ADMIN = "admin"


class Action(StrEnum):
    """What a route does, as far as permissions care."""

    ANALYZE = "analyze photos"
    SEND_CAPTURES = "send captures"
    READ_CAPTURES = "read captures"
    READ_STORES = "read stores"
    CHANGE_STORES = "change stores"
    READ_CATALOGUE = "read the catalogue"
    CHANGE_CATALOGUE = "change the catalogue"
    LABEL = "label"
    ORDER_TASKS = "order tasks"
    READ_CLIPS = "read clips"
    CHANGE_CLIPS = "change clips"
    REVIEW = "review labels"
    READ_REVIEWS = "read reviews of labels"
    READ_QUALITY = "read how good labels are"
    CHANGE_GUIDELINES = "change guidelines"
    READ_ROUNDS = "read rounds"
    START_ROUNDS = "start rounds"
    READ_RETRAININGS = "read retrainings"
    START_RETRAININGS = "start retrainings"
    READ_MODELS = "read models"
    PROMOTE_MODELS = "promote models"
    MANAGE_KEYS = "manage keys"
    MANAGE_WEBHOOKS = "manage webhooks"
    KEEP_PRIVACY = "keep privacy"


_EVERYONE = frozenset({Action.ANALYZE, Action.READ_CAPTURES, Action.READ_STORES, Action.READ_CATALOGUE})

ALLOWED: dict[Role, frozenset[Action]] = {
    Role.STORE: _EVERYONE | {Action.SEND_CAPTURES},
    Role.ANNOTATOR: _EVERYONE | {Action.LABEL, Action.READ_CLIPS},
    Role.EXPERT: _EVERYONE
    | {
        Action.LABEL,
        Action.ORDER_TASKS,
        Action.READ_CLIPS,
        Action.REVIEW,
        Action.READ_REVIEWS,
        Action.READ_QUALITY,
        Action.READ_ROUNDS,
        Action.CHANGE_GUIDELINES,
    },
    Role.ENGINEER: _EVERYONE
    | {
        Action.SEND_CAPTURES,
        Action.CHANGE_STORES,
        Action.CHANGE_CATALOGUE,
        Action.ORDER_TASKS,
        Action.READ_CLIPS,
        Action.CHANGE_CLIPS,
        Action.READ_REVIEWS,
        Action.READ_QUALITY,
        Action.CHANGE_GUIDELINES,
        Action.READ_ROUNDS,
        Action.START_ROUNDS,
        Action.READ_RETRAININGS,
        Action.START_RETRAININGS,
        Action.READ_MODELS,
        Action.PROMOTE_MODELS,
    },
    Role.ADMIN: frozenset(Action),
}


# What a round or a retraining takes in comes from all stores, so a key limited to some may neither start nor see it.
OVER_ALL_STORES = frozenset(
    {
        Action.READ_QUALITY,
        Action.CHANGE_GUIDELINES,
        Action.READ_ROUNDS,
        Action.START_ROUNDS,
        Action.READ_RETRAININGS,
        Action.START_RETRAININGS,
    }
)


def roles_allowed(action: Action) -> list[Role]:
    """Return the roles that may do something, for messages to people."""
    return [role for role in Role if action in ALLOWED[role]]
