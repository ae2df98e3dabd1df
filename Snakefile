"""Entry point in the repository's root: the same as workflow/Snakefile."""


include: "workflow/Snakefile"


# an included file cannot choose what is made by default
rule default:
    default_target: True
    input:
        rules.all.input,
