"""Entry point in the repository's root: the same as workflow/Snakefile."""


include: "workflow/Snakefile"
