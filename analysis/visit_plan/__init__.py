"""Who visits what: a plan that links experts and sites, proved, with the error to expect of it."""
