"""What `azrun dev` adds to a served project: reload, and error pages that say everything."""
