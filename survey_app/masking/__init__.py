"""Free text as it may be stored: names, numbers of persons and addresses are masked first."""

from survey_app.masking.text import mask_numbers, mask_text, names_of_people

__all__ = ["mask_numbers", "mask_text", "names_of_people"]
