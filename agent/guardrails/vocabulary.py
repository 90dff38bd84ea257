# ruff: noqa: E501
"""The guardrails' word lists: regular expressions over normalised text, English, German, Spanish, French.

Accented letters are written with their plain forms beside them, since customers leave accents out.
"""

from __future__ import annotations

from domain.tickets import EscalationReason as Reason

_FILLER = r"(?:[\w'-]+ ){0,4}?"
_SUM = r"(?:[£$€]\s?\d[\d.,]*|\d[\d.,]*\s?(?:[£$€]|pounds?|dollars?|euros?|quid|bucks|gbp|usd|eur|p)(?!\w))"
_UI_NOUN = (
    r"(?:columns?|fields?|tabs?|buttons?|labels?|charts?|widgets?|reports?|dashboards?|tags?|tables?|trackers?|attributes?"
    r"|propert(?:y|ies)|formulas?|cells?|dropdowns?|menus?|icons?|templates?|filters?|views?|lists? view|variables?"
    r"|checkbox(?:es)?|sections?|footers?|workflows?|macros?|webhooks?|endpoints?|apis?|modules?|categor(?:y|ies))"
)

_PERSON_STRONG = (
    r"(?:humans?(?: being)?|(?:real|live|actual|proper|physical|living|different|other) (?:\w+ )?(?:persons?|people|humans?|agents?|someone"
    r"|employees?|reps?|representatives?|advis[eo]rs?|staff|one)|someone (?:real|human|else|alive|in charge|competent)"
    r"|(?:live )?agents?|representatives?|reps?|operators?|supervisors?|managers?|advis[eo]rs?"
    r"|(?:human |customer |support |service )+(?:agent|assistant|person|staff|team|employee|specialist|colleague)s?)"
)
_PERSON_ANY = (
    rf"(?:{_PERSON_STRONG}|persons?|people|someone|somebody|anyone|anybody|assistants?|staff|employees?|boss|reception(?:ist)?"
    r"|customer (?:service|care|support)|colleagues?|specialists?|workers?|team(?: member)?|one of you|whoever|individual)"
)
_MACHINE = r"(?:bots?|chat ?bots?|robots?|machines?|computers?|a\.?i\.?|virtual (?:agents?|assistants?)|automat(?:ed|ic) \w+|algorithms?)"

HARD: dict[Reason, tuple[str, ...]] = {
    Reason.REFUND: (
        r"\bre-?f+u*n+d+\w*",
        r"\bre?f+[un]{1,3}d(?:s|ed|ing)?\b|\b(?:reufnd|refudn|refun|refud|reund|rfund|refubd|refind|refound|refunt|rufund|redund)(?:s|ed|ing)?\b",
        r"\breimburs\w*",
        r"\b(?:money|payment|funds|deposit) (?:right |all |straight |paid |sent |given )?back\b(?! ?up| to (?:my )?(?:current|savings?|main|checking) )|\b(?:my|the|our) cash back\b",
        rf"\b(?:want|need|get|give|gave|have|demand|send|like|expect|owe|return|claim)\w*\b.{{0,40}}{_SUM}.{{0,14}}\bback\b",
        rf"\b(?:my|those|these|that|the|all|our) {_SUM}.{{0,10}}\bback\b",
        r"\b(?:give|pay|send|hand) (?:me|us|it|them)? ?back (?:my|our|the|all)\b.{0,12}\b(?:money|cash|payment)",
        r"\bgive (?:me|us) (?:my|our) (?:\w+ )?(?:money|cash)\b",
        r"\breturn (?:my|our) (?:\w+ )?(?:money|cash|payment|funds|deposit)\b",
        r"\b(?:money|payment|funds) (?:to be )?(?:returned|refunded|reversed)\b",
        r"\bcharge ?backs?\b",
        r"\b(?:want|need|get|getting|give|have) (?:my|our|the|all|it|that|this|every (?:cent|penny))\b.{0,25}\bcredited back\b",
        r"\b(?:rück|rueck|ruck|zurück)erstatt\w*|\berstatt(?:ung|en|et|ungen)\b|\b(?:rück|rueck|ruck)zahlung\w*",
        r"\bgeld (?:sofort |wieder |endlich |bitte )?(?:zurück|zurueck|zuruck|wieder)\w*|\b(?:zurück|zurueck)(?:zahl|überweis|buch)\w*",
        r"\breembols\w*|\breintegr(?:o|en|ar)\b|\b(?:devuelv|devolv)\w*\b.{0,25}\b(?:dinero|pago|importe|plata|euros)\b",
        r"\b(?:mi|el) dinero de vuelta\b|\bquiero (?:que me )?devuelvan\b|\bdevoluci[oó]n (?:de|del) (?:mi |el )?(?:dinero|importe|pago)",
        r"\brembours\w*|\b(?:rendez|rendre|rends|récupérer|recuperer|restituer)\b.{0,20}\bargent\b",
    ),
    Reason.PRICING: (
        r"\b(?:pric(?:e|es|ed|ing|ey)|prcing|pirce|prise list|pricng)\b",
        r"\b(?:costs?|costing|cots)\b",
        r"\bfees?\b",
        r"\bdiscount(?:s|ed|ing)?\b|\bdiscout\b|\bpromo(?:tion(?:al)?)? (?:code|price|rate)\w*|\bcoupons?\b|\bvouchers? code",
        r"\b(?:a|price|sales|formal|written|your|get|send|need|want|request\w*) quot(?:e|es|ation)\b",
        r"\bhow much (?:is|are|for|does|do|would|will|to|it|the|you (?:charge|ask|want)|per|extra)\b(?!.{0,30}\b(?:last|ok|okay|allowed|hold|take|limit|storage|space|time|spen[dt]|longer|left|balance|i need|can i)\b)",
        r"\b(?:be|get|getting|been|i'm|am i|i am|are you|you|being) charg(?:e|ed|ing)\b.{0,14}\b(?:for|extra|to|if|when|more|any|a fee|by|on|anything|per)\b",
        r"\b(?:do|does|will|would|did|can|if) (?:you|they|it|i) (?:\w+ )?charge(?:d)?\b",
        r"\b(?:extra|additional|hidden|termination|cancellation|exit|top[- ]?up|international|service|maintenance|atm|monthly|annual|late) charges?\b",
        r"\b(?:termination|cancell?ation|exit|early|late|withdrawal)\b.{0,15}\bpenalt(?:y|ies)\b",
        r"\bcommissions?\b|\bsurcharges?\b|\btariffs?\b|\bmark-?up\b",
        r"\b(?:interest|mortgage|loan|lower|better|hourly|annual|overdraft|higher|your|current|best|special|group|saving\w*) (?:interest )?rates?\b",
        r"\bpay(?:ing)? (?:any(?:thing)?|some(?:thing)?)? ?(?:extra|more|interest)\b",
        r"\b(?:expensive|pricey|overpriced)\b|\bcheaper (?:plan|option|tier|version|alternative|subscription|package|elsewhere)\w*|\brip-?off\b",
        r"\bpreis\w*|\bkostet\b|\b(?:was|wie ?viel)\b.{0,20}\bkosten\b|\b(?:die|welche|zusätzliche|monatliche) kosten\b|\bkosten (?:für|fuer|von|pro|des|der)\b",
        r"\bgeb(?:ü|ue|u)hr(?:en)?\b|\brabatt\w*|\btarif(?:e|en)?\b|\b(?:zu )?teuer\b|\bpreisnachlass\b",
        r"\bprecios?\b|\bcu[aá]nto (?:me )?(?:cuesta|cuestan|vale|valen|sale|cobr\w+|hay que pagar|ser[ií]a)\b|\btarifas?\b|\bdescuentos?\b",
        r"\bcomisi[oó]n(?:es)?\b|\bcotizaci[oó]n\b|\bpresupuesto\b|\b(?:el|qu[eé]) costes?\b|\bcosto\b|\bdemasiado caro\b",
        r"\bprix\b|\btarifs?\b|\bcombien\b.{0,25}\bco[uû]te\w*|\bco[uû]tent?\b|\bremise\b|\br[eé]ductions?\b|\bdevis\b|\b(?:les|des|quels|ces) frais\b|\btrop cher\b",
    ),
    Reason.LEGAL: (
        r"\b(?:my|our|the|a|an|his|her|their|your|hire|get|call|contact|see|consult|through|via|with|to) (?:\w+ )?(?:lawyers?|attorneys?|solicitors?|barristers?|laywers?|lawers?|layers? up|attornies|atorneys?|atorney)\b",
        r"\b(?:lawyer|lawyers|attorney|solicitor)s?\b(?= (?:will|is|are|said|says|'ll|has|have|up|letter|and i|involved|to (?:look|review|contact|write|deal)))",
        r"^(?:lawyer|attorney|solicitor)\b",
        r"\blawyer(?:ing)? up\b|\blawyered up\b",
        r"\b(?:i|we|i'll|we'll|will|to|gonna|going to|can|could|should|might|may|and|or|be|threaten\w* to|consider\w*|am|are|get|being|been|got|getting) (?:\w+ )?(?:sue|sued|suing)\b(?! (?:from|in|at|smith|jones|ellen|and|is|has|was|told|said))",
        r"\bsu(?:e|ing) (?:you|your|u|the|this|them|these|his|her|ur|techcorp|yall|y'all|for)\b",
        r"\blaw ?suits?\b|\blitigat\w*|\bclass[- ]action\b|\bsubpoena\w*|\bcease and desist\b|\bprosecut(?:e|ed|ing|ion)\b",
        r"\blegal (?:action|actions|proceedings?|steps|counsel|advice|representation|recourse|remed\w+|threat|notice|claim|case|complaint|department|team|letter|matter|route|consequences|redress|rights|aid|dispute|measures|battle|options|liabilit\w+|representatives?|people|guys?)\b",
        r"\b(?:will|gonna|going to|about to|to|get|getting) (?:be )?served(?: (?:with |legal )?(?:papers|notice|summons)| next| this| by (?:my|our)| tomorrow| soon|[.!]|$)|\bserve (?:you|your company)\b.{0,12}\b(?:papers|notice)\b",
        r"\b(?:take|taking|go|going|pursue|pursuing|make) (?:\w+ ){0,2}legal(?:ly)?\b(?! (?:name|page|size|document|entity|team'?s))",
        r"\blegally (?:required|obliged|obligated|entitled|responsible|liable|bound)\b",
        r"\b(?:see|meet|take|taking|drag|dragging|haul|have|settle|find|end up|settled|solve|bring|fight|sort|resolve)\w*\b.{0,30}\b(?:in|to|into|through|via|before) (?:the )?(?:court|tribunal|arbitration)\b",
        r"\b(?:small[- ]claims|county court|court (?:order|case|claim|papers|date|action|proceedings|summons|hearing|judgment|judgement)|day in court|arbitration (?:claim|demand|proceedings)|tribunal)\b",
        r"\b(?:go|going|went) to (?:the )?court\b|\bin court\b",
        r"\b(?:ombuds(?:man|person)?|regulators?|trading standards|attorney general|better business bureau|consumer (?:protection|rights|affairs|watchdog|council|agency|court|forum)"
        r"|data protection (?:authority|commission(?:er)?|agency|officer complaint)|information commissioner|watchdog|financial conduct authority|competition authority)\b",
        r"\b(?:report|reporting|complain\w*|complaint|file|filing|filed|go|going|escalate|escalating|contact\w*|hear from|forward\w*|notify|notifying|notified|refer\w*|to|with|call\w*)\b.{0,30}\b(?:the |your )?(?:ftc|fcc|cfpb|bbb|fca|sec|ico|ofcom|ofgem|accc|cnil|bafin|dpa|osha|finra|eeoc|hmrc|irs|citizens advice|authorities)\b",
        r"\bpress(?:ing)? charges\b|\b(?:call|go|going|calling|reporting (?:you|this|it)|report (?:you|this|it))\b.{0,12}\b(?:to )?the police\b|\bcriminal (?:complaint|charges|offen[cs]e|case)\b",
        r"\b(?:breach(?:ed|ing)?|violat\w+) (?:of )?(?:\w+ )?(?:contract|consumer|gdpr|the law|law|data protection|privacy law|our agreement|your own terms)\b",
        r"\b(?:claim|seek|seeking|claiming|pay|sue for|entitled to) (?:for )?(?:\w+ )?(?:damages|compensation)\b",
        r"\b(?:this|it|that|what you (?:are|'re) doing) (?:is|'s) (?:\w+ )?(?:illegal|unlawful|against the law|a crime|criminal|fraudulent)\b|\billegal(?:ly)?\b(?! (?:character|argument|operation|state|value|input|token|mix|char))",
        r"\b(?:rechts)?an?w[aä]lt(?:in|en|e|s)?\b|\b(?:verklag|klage\b|anzeig(?:e|en) (?:erstatt|bei|mach))\w*|\bverklag\w*|\brechtliche[nrs]? (?:schritte|mittel|konsequenzen|vorgehen)\b"
        r"|\bvor gericht\b|\bgerichtlich\w*|\bverbraucher(?:zentrale|schutz)\w*|\bschlichtungsstelle\b|\bdatenschutzbeh[oö]rde\b|\bstrafanzeige\b|\banzeige erstatten\b|\bbundesnetzagentur\b|\bmahnbescheid\b|\brechtsweg\b",
        r"\babogad[oa]s?\b|\bdemandar(?:[eé]|los|les|te|os|emos)?\b|\b(?:poner|presentar|interponer)\w*\b.{0,20}\b(?:demanda|denuncia|querella)\b|\bdemanda (?:judicial|legal|contra)\b|\bdenunciar(?:[eé]|los|les)?\b"
        r"|\b(?:acciones|medidas|v[ií]a) (?:legales|legal|judiciales|judicial)\b|\b(?:tribunales|juicio|juzgado)\b|\bprotecci[oó]n al? consumidor\b|\bfacua\b|\bprofeco\b|\bocu\b|\bagencia de protecci[oó]n de datos\b",
        r"\bavocate?s?\b|\b(?:porter|porterai|portons|dépose\w*|deposer|déposer) plainte\b|\bposer plainte\b|\bplainte (?:contre|auprès|aupres|à la)\b|\b(?:poursuites?|actions?|voies?|démarches|procédures?) (?:judiciaires?|légales?|legales?|en justice)\b"
        r"|\ben justice\b|\b(?:devant|saisir)\b.{0,12}\b(?:le |les )?(?:tribunal|tribunaux|juge)\b|\bmise en demeure\b|\bdgccrf\b|\bpoursuiv\w+ en\b|\bm[eé]diateur de la consommation\b|\bprud'?hommes\b|\bjuridique(?:ment)?\b",
    ),
    Reason.HUMAN_REQUEST: (
        rf"\b(?:not|hate|sick of|tired of|stop|rather not|fed up|wast(?:e|ing)|stupid|useless|done with|enough of|no more|quit|nor)\b.{{0,45}}\b(?:talk|speak|chat|deal|shar|convers|argu|listen|interact|typ|writ|time)\w*\b.{{0,40}}\b{_MACHINE}\b",
        rf"\b(?:talk|speak|chat|deal)\w*\b.{{0,15}}\b{_MACHINE}\b.{{0,12}}\b(?:stupid|useless|pointless|annoying|waste|frustrat\w+|ridiculous|sucks?)",
        rf"\b(?:speak|speka|spek|talk|tlak|takl|chat|discuss|convers)(?:s|ing|e)?\b.{{0,28}}\b(?:to|with|2|w)\b {_FILLER}{_PERSON_ANY}\b",
        rf"\b(?:speak|talk|chat)(?:ing)? {_PERSON_STRONG}\b",
        rf"\b(?:connect|transfer|transfr|put|pass|hand|switch|route|redirect|patch|link|forward|refer|escalate|direct|move)(?:ed|ing|red)? (?:me|us|this|it|him|her|my \w+)\b.{{0,30}}\b(?:to|with|onto|over|2)\b {_FILLER}{_PERSON_ANY}\b",
        r"\b(?:put|get|connect|patch) (?:me|us) (?:right |straight )?(?:through|thru|in touch)\b(?! (?:this|the) (?:steps|process|set))",
        r"\b(?!switch (?:it|this) on\b)(?:pass|hand|transfer|switch|escalate) (?:me|us|this|it) (?:on|over|to (?:a|an|your|the|some|any))\b(?! (?:account|workspace|plan|new|different|another|folder|version))",
        rf"\b(?:get|give|need|want|find|bring|prefer|reach|contact|call|require|demand|request|ask(?:ing)? for|like|have|see|send|assign)(?:s|ing|ed|ting)?\b (?:me |us |hold of |a hold of |to see |for |to contact |to |on to |in touch with )?(?:a |an |the |your |some |any |my |another |one |real )?(?:\w+ )?{_PERSON_STRONG}\b",
        r"\b(?:real|live|actual) (?:person|human|agent|people|humans|representative)\b",
        r"\b(?:assistance|help|how|trying|unable|want|need|problems?|issues?|possible|able|can|could|may|might|must|got|have) (?:in |with |to |of |about |for |i |you |help me |me |)(?:get(?:ting)? )?(?:in touch|contact|contacting|reach|reaching|call|calling) (?:with )?(?:a |an |some |the |your )?(?:\w+ )?(?:agents?|operators?|assistants?|humans?|persons?|representatives?|somebody|someone)\b(?! (?:to use|else'?s))",
        r"\b(?:human|person|agent|representative) ?(?:hand-?off|take ?over|support|contact|intervention|assistance|help)\b",
        r"^(?:(?:a|an|the|just|get|give|me|please|some|live|real|actual|no|i|want|need|human) )*(?:humans?|agents?|representatives?|operators?|real person|person|supervisor|manager|advis[eo]r)(?: (?:please|now|asap|here|only|needed|thanks|immediately|instead))*[.! ]*$",
        r"\b(?:is there|are there|isn't there) (?:a |an |any |some )?(?:real |live |actual )?(?:humans?|person|people|agents?|someone|somebody|anyone|anybody)\b.{0,20}\b(?:talk|speak|call|contact|chat|there|who can help)\b",
        r"\b(?:can|could|would|will|may) (?:a |an |some )?(?:real |live |human |actual )*(?:person|human|agent|someone|somebody|representative|manager|supervisor) (?:from \w+ |there |on your team )?(?:please )?(?:call|phone|ring|contact|reach out to|take over|speak)\b",
        r"\b(?:call|phone|ring) me (?:back|please|on|asap|now|today)\b|\bcall ?-?back please\b|\brequest a call ?back\b",
        r"\bsomeone (?:from|in|at) (?:the |your )?(?:customer (?:care|service|support)|support|team|staff|management)\b",
        r"\b(?:echte[nrm]?|richtige[nrm]?|lebende[nrm]?) (?:menschen?|person|mitarbeiter\w*)\b|\b(?:sprechen|reden|sprech|telefonieren|chatten|verbunden|verbinden|weiterleiten|schreiben)\b.{0,40}\b(?:menschen?|mitarbeiter\w*|person|berater\w*|jemande[mn]|kollegen|vorgesetzten|chef|support ?mitarbeiter|kundendienst|kundenservice)\b",
        r"\b(?:menschen?|mitarbeiter\w*|person|berater\w*|jemande[mn]|kollegen|vorgesetzten|chef|kundendienst|kundenservice|kundenberater\w*)\b.{0,35}\b(?:sprechen|reden|verbinden|telefonieren|chatten|verbunden|weiterleiten|schreiben|kontaktieren)\b",
        r"\bverbinden sie mich\b|\b(?:einen|einem) menschen\b|\bmenschliche[nrms]? \w+|\bansprechpartner\w*|\bkein(?:en)? (?:bot|roboter|chatbot)\b|\bruf(?:en|t) sie mich\b",
        r"\b(?:hablar|hable|hablo|comunicar\w*|conectar\w*|chatear|contactar)\b.{0,15}\b(?:con|a) (?:un |una |alg[uú]n |alguna |el |la |otra |su )?(?:\w+ )?(?:agente|persona|humano|representante|operador\w*|asesor\w*|encargad\w+|supervisor\w*|alguien|gerente|responsable|ser humano)\b",
        r"\bhablar con alguien\b|\b(?:p[aá]se(?:me|nme)|pásame|ponme|p[oó]ngame|comun[ií]queme|transfi[eé]ra(?:me|nme)?|con[eé]cteme) (?:con|a)\b|\b(?:persona|agente) (?:real|humana?|de verdad|en vivo)\b|\b(?:un|una) (?:humano|ser humano)\b|\batenci[oó]n humana\b|\bquiero (?:un|una) (?:agente|persona|asesor|representante)\b",
        r"\b(?:parler|discuter|échanger|echanger|communiquer|joindre|contacter)\b.{0,30}\b(?:humain|personne|agent|conseill(?:er|ère|ere)|quelqu'un|responsable|opérat(?:eur|rice)|operateur|repr[eé]sentant|manager|sup[eé]rieur)\b",
        r"\bpasse[rz][- ]moi\b|\b(?:vraie|vrai) (?:personne|humain|conseiller)\b|\bun (?:être )?humain\b|\b(?:mettez|mettre|mise?|etre|être)\b.{0,12}\ben (?:contact|relation)\b|\bappelez[- ]moi\b|\brappelez[- ]moi\b",
    ),
}

SOFT: dict[Reason, tuple[str, ...]] = {
    Reason.REFUND: (
        r"\b(?:cancel\w*|retract|return\w*|undo|revers\w*|stop)\b.{0,20}\b(?:purchases?|items?|products?|order|payment|transaction)\b",
        r"\breturn polic\w+|\breturns?\b|\bcredited\b|\bcompensat\w*",
        r"\b(?:want|need|get)\b.{0,40}\bback\b",
        r"\bdisput(?:e|ing)\b|\bovercharg\w*|\bcharged twice\b",
        r"\bdevoluci[oó]n\w*|\bdevolver\b|\brendre\b|\bretourner\b|\bzurückgeben\b|\bgutschrift\b",
    ),
    Reason.PRICING: (
        r"\bcharg(?:e|es|ed|ing)\b|\brates?\b|\binterests?\b|\bpenalt(?:y|ies)\b|\bhow much\b|\boffers?\b|\bdeals?\b|\bfree\b|\bpay\b",
        r"\bplans?\b|\bupgrad\w+|\bsubscription\b|\bper (?:seat|user|month|year)\b|\bcheap(?:er|est)?\b|\bbudget\b|\bnegotiat\w+|\bbillable\b",
        r"\bkosten\w*|\bbezahlen\b|\bpagar\b|\bcobr\w+|\bcaro\b|\bcher\b|\bpayer\b|\bangebot\w*|\boferta\w*|\boffre\w*|\bfrais\b",
    ),
    Reason.LEGAL: (
        r"\blegal\w*|\blaw\b|\blaws\b|\bcourts?\b|\blawyers?\b|\battorneys?\b|\bsolicitors?\b|\bsue\b|\bsuing\b|\bpolice\b|\bjudges?\b",
        r"\bfraud\w*|\bscam\w*|\bgdpr\b|\bdsgvo\b|\brgpd\b|\bregulat\w+|\bcomplian\w+|\bcontract\w*|\bliab\w+|\bdamages\b|\bauthorities\b",
        r"\bgericht\w*|\bklag\w*|\brecht(?:lich\w*|e)?\b|\bdemanda\b|\bdenuncia\b|\btribunal\w*|\bplainte\b|\bjustice\b|\bjuez\b|\bjuge\b",
    ),
    Reason.HUMAN_REQUEST: (
        r"\b(?:human|humans|agent|agents|representative|person|people|someone|somebody|anyone|operator|manager|supervisor|staff)\b",
        r"\b(?:bots?|chat ?bots?|robots?|machines?|automated)\b|\bfrustrat\w+|\bnot (?:working|leading|helping|helpful|listening)\b|\bconversation\b",
        r"\b(?:speak|talk|call|phone|connect)\w*\b|\bcustomer (?:service|care|support)\b|\breception\b|\broom service\b",
        r"\bmensch\w*|\bmitarbeiter\w*|\bsprechen\b|\bpersona\b|\bagente\b|\bhablar\b|\bparler\b|\bpersonne\b|\bconseiller\b|\bhumain\b|\bhumano\b",
    ),
}

BENIGN: dict[Reason, tuple[str, ...]] = {
    Reason.REFUND: (
        rf"\brefunds? {_UI_NOUN}\b",
        r"\b(?:issu|process|giv|send|offer|track|log|record|export|creat|handl|automat|approv|book|register|import|mark)\w* (?:a |the |our |out |partial |full |customer |any )*refunds? (?:to|for|from|with|as|in) (?:a |an |the |my |our |their |one of (?:my|our) )?(?:\w+ )?(?:customers?|clients?|buyers?|students?|users?|guests?|shoppers?|shopify|stripe|store|quickbooks|xero|csv|excel)\b",
        r"\b(?:our|my) (?:own |store'?s |shop'?s )?refund polic\w+|\b(?:our|my) customers?'? refunds?\b|\b(?:tax|vat) refunds?\b|\brefund requests? (?:from|of) (?:my|our)\b|\b(?:our|my) (?:customers|clients|buyers) (?:to )?(?:can |could |to )?(?:ask|request|get)\w* (?:for )?(?:a )?refunds?\b",
        r"\bmoney[- ]back (?:badge|banner|guarantee (?:badge|banner|text|logo))\b|\bcash ?back (?:rewards?|card|points?)\b",
    ),
    Reason.PRICING: (
        rf"\b(?:invoice |unit |item |product |list |total |net |sale |base |discount )?(?:pric(?:e|es|ing)|costs?|fees?|discounts?|rates?|charges?|quotes?) {_UI_NOUN}\b",
        r"\b(?:columns?|fields?|formulas?|labels?) (?:for|with|called|named|of) (?:the |a |unit |item )*(?:prices?|costs?|discounts?|fees?)\b",
        r"\b(?:invoice|unit|item|product|stock|share|list|sale) prices?\b",
        r"\b(?:our|my|their) (?:own )?(?:product |customers?'? |clients?'? |store )?(?:price lists?|prices|pricing|discount codes?|coupons?)\b|\bcoupon code field\b",
        r"\b(?:free of|no|in|without|take|person in|who is in) charge\b|\bcharg(?:e|er|ing) (?:my|the|your|a|cable|port|up)\b ?(?:phone|laptop|battery|device|tablet)?|\bchargers?\b|\bbattery\b|\bcharge it\b|\bcharge (?:up|my)\b",
        r"\b(?:our|my|their) (?:own )?(?:project|travel|labou?r|staff|material|shipping|internal) (?:costs?|prices?|fees?|rates?)\b",
        r"\bcost (?:center|centre)s?\b|\bat (?:all|any) costs?\b|\bcost(?:s|ing)? (?:me|us) (?:\w+ )?(?:hours|time|days?|a day|sleep|a client|my job|customers)\b|\bprice(?:less| of admission)\b|\bno matter the cost\b",
        r"\bhow much (?:time|longer|more time|oil|storage|space|data|memory|notice|information|detail|history)\b",
        r"\b(?:api|frame|heart|open|conversion|bounce|click\w*|response|refresh|error|success|sampling|bit|churn|growth|completion|failure|win|reply|delivery|burn|retention|engagement|pass|crash) rates?\b|\brate[- ]?limit\w*|\bat any rate\b|\brate (?:this|your|my|us|it|our|an?)\b|\brate the\b",
        r"\bblock ?quotes?\b|\b(?:pull|smart|single|double|curly|straight) quotes?\b|\bquote (?:block|marks?|the (?:text|message|reply)|a (?:message|reply|comment)|replies|tweet)\b|\bquotes? around\b",
        r"\b(?:pay|paying|paid)\b.{0,25}\b(?:tv|cable|phone|gym|electric|water|gas|internet|streaming) (?:\w+ )?(?:fee|bill)s?\b|\bsubscription fee\b",
        r"\b(?:track|record|log|enter|add|show|hide|display|import|export|sort by|filter by|calculate|edit|update|report)\w* (?:the |a |our |my |all |project |employee |travel |labou?r |shipping )*(?:costs?|prices?|fees?|discounts?|expenses) (?:in|on|per|by|of|to|from|for) (?:the |a |my |our |each |every )?(?:\w+ )?(?:project|task|item|invoice|spreadsheet|board|report|dashboard|product|csv|table|client|customer|column|order|export|app)s?\b",
    ),
    Reason.LEGAL: (
        r"\blegal(?:ly)? (?:blind|drinking|age|name|names|size|sized|paper|entity|entities|page|pages|pad|tender|guardian|hold|holds|holiday|document template|template|templates|font|footer|tag|folder|workspace|board|field|fields|column|industry|tech|secretary|assistant|drama|thriller|studies|deaf|changed my name|married|separated|adult)\b",
        r"\b(?:the |our |my |a |your )?legal (?:team|department|counsel|people)(?:'s|s')? (?:workspace|board|folder|channel|seats?|accounts?|permissions?|access|project|group|email address|users?|calendar|uses|use|(?:gets?|have|has|own|shares?|joins?|works?)\b(?!.{0,30}\b(?:touch|contact|involved|letter|claim))|needs (?:access|a seat|seats|an account|to (?:sign|export|see|view|be added))|would like (?:access|to be added)|can(?: not)? (?:see|open|access|log|find))\b",
        r"\b(?:our|my) (?:own )?legal (?:team|department) (?:\w+ )?(?:asked|asks|is asking|wants?|wanted|needs?|would like) (?:me |us )?(?:to (?:know|see)\b|who\b|how\b|where\b|which\b|for (?:a |an |the )?(?:list|export|report|overview|copy)\b)",
        r"\b(?:add|adding|invite|inviting|share|sharing|give|giving|grant|assign\w*|onboard\w*|export\w*|send) (?:\w+ ){0,4}(?:to |with |for )?(?:my |our |the |a |an )?(?:legal (?:team|department|counsel)|lawyers?|attorneys?|solicitors?|paralegals?)\b(?= (?:to|as|access|into|in|on|a|view|edit|permission|the|so)\b.{0,40}\b(?:workspace|project|board|seat|guest|collaborator|access|folder|account|document|file|viewer|member|view|read|edit|template|team))",
        r"\b(?:i am|i 'm|as|being|we are|we 're|work as|working as|for|am) (?:a |an |busy |small |solo |two |several |\w+ )?(?:lawyers?|attorneys?|solicitors?|paralegals?|law firm|judge)\b(?! (?:and (?:i|we) (?:will|'ll|know)|if|so (?:i|we)|will|up))",
        r"\b(?:lawyers?|attorneys?|solicitors?) (?:directory|template|templates|persona|crm|website|portal|field|tag|category|plan|edition|profile|role|clients?|office software|jokes?|show)\b",
        r"\b(?:my|our) (?:clients?|customers?|users?) (?:is|are|as) (?:a |all |mostly )?(?:lawyers?|attorneys?|law firms?)\b",
        r"\b(?:tennis|basketball|food|badminton|squash|volleyball|padel|pickleball|paddle|sports?|crown|royal|moot|front|fore) ?courts?\b|\bcourt (?:booking|reservation|availability|reporter|shoes?|jester|side|yard|names?|schedule|slots?)\b|\bcourtyard\b|\bcourt (?:\d|one|two|a|b)\b|\bball (?:is )?in (?:your|our|the) court\b|\bhold(?:ing)? court\b",
        r"\b(?:grammar|fashion|fun|tone|style|spelling|typo|word|thought|food|pun) police\b|\bpolice (?:dispatch|department (?:uses|account|is a|as)|academy|box|officer uses|scanner)\b|\bthe police (?:song|album|concert|band|playlist)\b",
        r"\b(?:my name is|name's|i am|i 'm|this is|hi|hello|dear|aunt|colleague|manager|boss|mrs|ms|regards|thanks|with|ask|tell|met|by|from|for|and|invite|add|remove|give|wife) sue\b(?! (?:you|your|them|the|over|for))|\bsue (?:from|in|at|smith|jones|ellen|is|has|was|left|told|said|can|needs|wants|joined|and)\b",
        r"\billegal (?:character|argument|operation|state|value|input|token|mix|char|start|instruction|move|access)\w*|\bcode (?:police|court)\b",
        r"\blaw (?:of|school|student|degree|firm'?s? (?:account|workspace|template|website)|students|and order episode|library|course|exam)\b|\b(?:murphy|moore|conway|parkinson|goodhart|brook)\w*'?s law\b|\bin-?laws?\b|\bby-?laws?\b|\blawn\b|\bflaw\w*",
        r"\b(?:free|my|the|our|your|\d+[- ]day|extended) trial\b|\btrial (?:period|version|account|and error|ends|expired)\b",
        r"\b(?:voltage|pressure|temperature|gas|water|fuel|window|speed) regulators?\b|\bwatchdog (?:timer|process|service|timeout|script|thread)\b|\bregulatory (?:field|template|report template|document folder)\b",
        r"\b(?:read|update|edit|link|add|translate|find|display|show|change|where (?:is|are)|download|include|host|put)\w* (?:the |your |our |a |my )?(?:legal|terms|privacy|gdpr)(?: (?:and|&) \w+)? (?:notice|page|text|terms|documents?|footer|link|information|disclaimer|section)\b|\blegal (?:notice|disclaimer|terms) (?:page|link|footer|text|section|on (?:my|our) (?:site|website|page))\b",
    ),
    Reason.HUMAN_REQUEST: (
        r"\b(?:do i (?:need|have) to|must i|is it necessary to|without having to) (?:speak|talk|contact|call|reach|chat)\w* (?:to|with)? ?(?:a |an |any |some)?\w+\b",
        r"\bgiv(?:e|es|ing) (?:a |an |the )?(?:\w+ )?(?:talk|presentation|speech|lecture)s?\b",
        r"\bhuman[- ](?:resources?|readable|error|friendly|rights?|body|nature|like|centered|generated|made|in the loop|resource|anatomy)\b|\buser[- ]agents?\b",
        r"\b(?:real[- ]estate|travel|insurance|estate|ticket(?:ing)?|field|booking|sales|monitoring|backup|antivirus|build|ci|software|background|log|datadog|sync|ai|installed|endpoint|remote) agents?\b|\bagents? (?:seats?|roles?|licen[cs]es?|names?|permissions?|view|list|field|column|profile|avatar|availability|report|performance|dashboard|inbox|status|assignment|software|daemon|installer|config\w*|version|builder|api|skills?|schedule|groups?)\b",
        r"\b(?:add|adding|invite|inviting|create|creating|remove|removing|delete|assign|assigning|deactivate|rename|onboard|train|set up|setting up|import|promote|edit|make|mention|tag) (?:\w+ ){0,20}(?:agents?|representatives?|operators?|managers?|supervisors?|people|persons?|someone|somebody|users?|advisors?|team members?|staff|employees?|colleagues?|reps?)\b",
        r"\b(?:assign|route|forward|transfer|reassign|hand) (?:\w+ ){0,3}(?:tickets?|conversations?|chats?|calls?|tasks?|leads?|ownership|emails?|cards?|boards?|projects?)\b.{0,25}\b(?:to|between|from) (?:a |an |the |another |our |my |different |other |specific )*(?:agents?|reps?|managers?|operators?|teams?|people|person|someone|somebody|members?|owner|colleague|user)\b",
        r"\b(?:our|my|their|your customers'?|every|each|all|per|how many) (?:own |new |support |human |sales |best |top |remote |\d+ )*(?:agents|operators|reps|representatives|supervisors|agent|staff)\b|\b(?:our|my) (?:own )?(?:account |project |line |office |store |product |marketing )?managers?\b",
        r"\b(?:talk|speak|chat|talking|speaking|spoke|talked|chatted|spoken) (?:to|with) (?:a |an |my |our |the |your |some )?(?:\w+ )?(?:agent|representative|rep|person|someone|somebody|manager|colleague|supervisor|advisor|support)\b (?:yesterday|last|earlier|already|this morning|on (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)|before|two|a (?:week|month|few|couple)|who|and (?:he|she|they) (?:said|told|fixed|solved|helped|sorted))",
        r"\b(?:talk|speak|chat)(?:ing)? (?:to|with) (?:me|each other|one another|my (?:team|teammates|friends|customers|clients|colleagues|coworkers|students|wife|husband)|our (?:team|teammates|customers|clients|colleagues)|other (?:users|members|people|players|participants)|team ?mates|people in|someone in (?:a|the|my|our|another)|members? of my|guests|google|the api|your api|the server|alexa)\b",
        r"\b(?:project|task|file|package|password|account|product|window|device|event|property|community|content|content|download|office|line|sdk|store|tag|asset|release|version) managers?\b|\b(?:manager|admin|supervisor) (?:role|permissions?|view|approval|account|access|dashboard|level|rights|seat|email|field|column|login|app|tool)\b|\bmanagers? (?:can|could|to) (?:approve|see|view|edit|access|assign)\b|\bmy manager (?:\w+)",
        r"\bsomeone (?:else )?(?:stole|has|have|took|is using|used|hacked|logged|using|edited|deleted|left|joined|mentions?|comments?|replied|invited|shares?|opens|visits|signs|subscribes|fills|clicks)\b|\bcan someone (?:in|explain|please|help|tell|else|who)\b|\bother person\b|\bper person\b|\bin person\b|\bperson (?:field|column|icon|picker|property)\b|\bcontact (?:form|list|page|field|details|card|record|info|person|lens)s?\b",
    ),
}

_DETERMINERS = (
    r"(?: (?:a|an|any|the|my|your|our|to|ask|asking|for|get|request|requesting|be|being|have|having|some|kind|of|another|full|partial|about"
    r"|it|really|actually|you|me|take|taking|make|making|going|go|necessarily|currently|know|hear|discuss|talk|complaining|need|want|file|threatening|threaten|threat|escalate|this|with|involve|claim|demand))*\s*$"
)
_NOT_WANTED = (
    r"\b(?:do|does|did|would|'d|will|'ll|am|'m|is|was|are|were|have|has)? ?(?:not|never) (?:really |actually |currently |even )?(?:be )?(?:ask\w*|looking|want\w*|need\w*|request\w*|seek\w*|after|interested in|here for|about|demand\w*|like|require|care about|wish|mean|trying|planning|plan|intend\w*|going|saying|said|threaten\w*|worried about|complaining|concerned about|mention\w*|suggest\w*)"
    r"|\bno (?:need|interest in|wish|intention|plans?|desire|request)|\bwithout (?:wanting|needing|asking)|\b(?:instead of|rather than|other than)|\bneither|\bnot"
)
_NO = r"|\b(?:no|zero) *$"
_FOREIGN_NOT = (
    r"|\bkeine?[nmrs]? (?:\w+ )?$|\b(?:will|möchte|moechte|brauche|verlange|wünsche)\b.{0,25}\bnicht (?:\w+ )?$|\b(?:no|ni|sin|tampoco) (?:quiero|necesito|pido|busco|estoy pidiendo|hace falta|deseo)? ?(?:ning[uú]n|ninguna|un|una|el|la|que|me)* *$"
    r"|\b(?:ne|n')\b.{0,18}\bpas (?:\w+ )?(?:de|d'|un|une|le|la|du|à|être)* *$|\bsans\b *$|\bohne\b *$|\bpas (?:de|besoin d[e'])* *$"
)

NEGATIONS: dict[Reason, tuple[str, ...]] = {
    reason: (
        rf"(?:{_NOT_WANTED}){_DETERMINERS}{_NO if reason is not Reason.HUMAN_REQUEST else ''}{_FOREIGN_NOT}",
    )
    for reason in (Reason.PRICING, Reason.REFUND, Reason.LEGAL, Reason.HUMAN_REQUEST)
}
