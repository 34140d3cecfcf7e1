"""A form is good for what it was made for, and for nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.photos.forms import FIELDS, FormRefusedError, UploadForms
from shared.domain.photo import LARGEST_UPLOAD

NOW = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
SECRET = "the secret of the shop"
ITEMS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,39}", fullmatch=True)
SECONDS = st.floats(0, 599.9)


def forms(secret: str = SECRET, store: str = "main", later: float = 0) -> UploadForms:
    return UploadForms(secret, store, lambda: NOW + dt.timedelta(seconds=later))


@given(ITEMS, ITEMS, SECONDS)
def test_a_form_that_comes_back_in_time_allows_what_it_was_made_for(
    item: str, store: str, later: float
) -> None:
    form = forms(store=store).form(item, "http://shop:8080")
    allowed = forms(store=store, later=later).check(form.fields)
    assert form.url == "http://shop:8080/photos/uploads"
    assert form.fields["key"] == f"uploads/{store}/{item}"
    assert (allowed.item_id, allowed.least, allowed.most) == (item, 1, LARGEST_UPLOAD)


@given(ITEMS, st.sampled_from(sorted(FIELDS)), st.data())
def test_a_form_that_was_changed_anywhere_is_refused(
    item: str, name: str, data: st.DataObject
) -> None:
    fields = dict(forms().form(item, "").fields)
    place = data.draw(st.integers(0, len(fields[name])))
    length = data.draw(st.integers(0, 2))
    changed = fields[name][:place] + data.draw(st.text()) + fields[name][place + length :]
    if changed != fields[name]:
        with pytest.raises(FormRefusedError):
            forms().check(fields | {name: changed})


@given(ITEMS, ITEMS)
def test_the_fields_of_two_forms_cannot_be_mixed(item: str, other: str) -> None:
    mine, others = forms().form(item, "").fields, forms().form(other, "").fields
    if item != other:
        with pytest.raises(FormRefusedError, match="another menu item"):
            forms().check({**mine, "key": others["key"]})


def test_a_form_is_refused_by_another_shop_and_after_ten_minutes() -> None:
    fields = forms().form("latte", "").fields
    with pytest.raises(FormRefusedError, match="signed"):
        forms(secret="of another shop").check(fields)
    with pytest.raises(FormRefusedError, match="10 minutes"):
        forms(later=600).check(fields)
