"""Answers a question from a handful of passages: embed, rerank, ask.

`GET /ask?q=...` finds the passages whose vectors are nearest to the question's, has a reranker
choose the best of them, and gives that to a chat model with the question.
"""

PASSAGES = (
    "The library opens at nine.",
    "The bakery sells fresh bread and coffee every day.",
    "The train to the coast leaves from platform four.",
    "The swimming pool is closed on Mondays.",
    "A ticket for the museum costs six euros.",
    "The repair of the bridge takes three weeks.",
    "Parcels are kept at the post office for ten days.",
    "The dentist works on the second floor.",
)
NEAREST = 4


async def handle_request(request):
    question = URL(request.url).search_params.get("q")
    if not question:
        return Response("Ask something: /ask?q=...\n", status=400)
    passage = await best(question, await nearest(question))
    return Response.json(
        {"question": question, "passage": passage, "answer": await answer(question, passage)}
    )


async def nearest(question):
    """The passages whose vectors point the question's way. A real application keeps theirs."""
    made = await Azion.AI.run("Qwen/Qwen3-Embedding-4B", {"input": [question, *PASSAGES]})
    asked, *vectors = [one["embedding"] for one in made["data"]]
    alike = [sum(a * b for a, b in zip(asked, vector, strict=True)) for vector in vectors]
    order = sorted(range(len(PASSAGES)), key=lambda index: -alike[index])
    return [PASSAGES[index] for index in order[:NEAREST]]


async def best(question, passages):
    ranked = await Azion.AI.run(
        "BAAI/bge-reranker-v2-m3", {"query": question, "documents": passages, "top_n": 1}
    )
    return ranked["results"][0]["document"]["text"]


async def answer(question, passage):
    prompt = f"{passage}\n\nQuestion: {question}"
    result = await Azion.AI.run(
        "Qwen/Qwen3-30B-A3B-Instruct-2507-FP8",
        {"messages": [{"role": "user", "content": prompt}], "max_tokens": 200},
    )
    return result["choices"][0]["message"]["content"]


add_event_listener("fetch", lambda event: event.respond_with(handle_request(event.request)))
