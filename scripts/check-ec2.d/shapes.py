"""Values against the shapes of botocore's models."""

import re

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
KINDS = {"string": str, "integer": int, "long": int, "boolean": bool, "structure": dict, "list": list}


def misfits(shape, value, place="answer"):
    """What is wrong with an answer, in sentences."""
    if shape.type_name == "timestamp":
        if not (isinstance(value, str) and TIME.fullmatch(value)):
            yield f"{place} is no time: {value!r}"
        return
    kind = KINDS[shape.type_name]
    if type(value) is not kind:
        yield f"{place} is {type(value).__name__}, not {kind.__name__}"
    elif shape.type_name == "structure":
        for name, part in value.items():
            if name not in shape.members:
                yield f"{place} has no {name} in the model"
            else:
                yield from misfits(shape.members[name], part, f"{place}.{name}")
    elif shape.type_name == "list":
        for part in value:
            yield from misfits(shape.member, part, f"{place}[]")
    elif getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{place} is {value!r}, none of {shape.enum}"


def skeleton_misfits(shape, sample, place="skeleton", are_names=False):
    """What is wrong with a sample, whose texts are empty, or the names of their fields."""
    if shape.type_name == "structure":
        if not isinstance(sample, dict):
            yield f"{place} is no structure"
            return
        missing = [name for name in shape.required_members if name not in sample]
        if missing and not are_names:
            yield f"{place} lacks {missing}"
        for name, part in sample.items():
            if name not in shape.members:
                yield f"{place} has no {name} in the model"
            else:
                yield from skeleton_misfits(shape.members[name], part, f"{place}.{name}", are_names)
    elif shape.type_name == "list":
        if not (isinstance(sample, list) and len(sample) == 1):
            yield f"{place} is no list of one"
            return
        yield from skeleton_misfits(shape.member, sample[0], f"{place}[]", are_names)
    elif shape.type_name == "timestamp":
        if sample != "1970-01-01T00:00:00":
            yield f"{place} is {sample!r}"
    elif shape.type_name == "string":
        enum = getattr(shape, "enum", None)
        if are_names and not place.endswith("[]"):
            if sample != place.rsplit(".", 1)[-1]:
                yield f"{place} is {sample!r}"
        elif enum and sample != "" and sample not in enum:
            yield f"{place} is {sample!r}, none of {enum}"
    elif type(sample) is not KINDS[shape.type_name]:
        yield f"{place} is {sample!r}"
