"""What a job's folder holds, file by file.

======================== ===============================================================
``plan.json``            the request and the size of the study, written when it begins
``study/``               the trials and weights of every network, cohort by cohort
``tried/``               of forecasts, and of tables trained on from the disk: what an interrupted job has
                         learnt so far; nothing at the end
``weights.safetensors``  the parameters θ of the networks that were chosen
``preprocessing.json``   how a table's columns become features
``model.json``           architecture, target, members, and the checksums of the two above
``evidence.json``        everything that the report shows
``report.html``          the report
``model.md``             the model card: the same in short, to lie beside the model
``tested.csv``           of forecasts: the steps held out, and what was forecast of them
``rows``                 while a job trains on a table from the disk: the features of its rows
``command.txt``          the command that makes the same model again, whatever the machine's pace
``.shoal-lock``          while a job is at work: that no other one begins here
``.shoal-new/``          for a moment at the end: what came of the job, until it is moved into its place
``.shoal-earlier/``      while a model is replaced: plan and study of the earlier one, whose other files stay
                         where they are until there are new ones
``.shoal-gone/``         for a moment: what is being removed
======================== ===============================================================
"""

PLAN, STUDY, TRIED = "plan.json", "study", "tried"
WEIGHTS, PREPROCESSING, MODEL = "weights.safetensors", "preprocessing.json", "model.json"
EVIDENCE, REPORT, CARD, AGAIN = "evidence.json", "report.html", "model.md", "command.txt"
TESTED, ROWS = "tested.csv", "rows"
LOCK, NEW, EARLIER, GONE = ".shoal-lock", ".shoal-new", ".shoal-earlier", ".shoal-gone"
RESULTS = (WEIGHTS, PREPROCESSING, EVIDENCE, REPORT, CARD, AGAIN, TESTED, MODEL)
"""What comes of a job; a folder with the last one is whole."""
