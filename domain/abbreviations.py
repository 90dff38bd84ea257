"""Lists abbreviations that end in a full stop without ending a sentence, in the languages of our texts."""

from __future__ import annotations

_ENGLISH = """
    e.g i.e etc vs viz cf approx incl excl no nos nr mr mrs ms dr prof st ste jr sr rev hon gen col sgt capt lt inc
    ltd co corp llc plc bros dept div est esp fig figs vol vols p pp par para ch sec secs min mins max hr hrs yr yrs
    mo ext tel fax art arts ed eds al ca op cit no ref refs ver rel qty amt misc temp avg std alt attn re resp a.m
    p.m u.s u.k u.n b.c a.d ph.d b.a m.a jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur
    thurs fri sat sun
"""
_GERMAN = """
    z.b d.h u.a u.ä o.ä o.g s.o s.u i.d.r i.a i.v z.t z.zt zzt v.a m.e n.chr v.chr u.u usw usf bzw ca ggf evtl evt
    vgl inkl exkl zzgl abzgl abs art nr str tel std min sek mio mrd tsd hr fr frl dr prof dipl ing mag bspw sog gem
    lt max mind mtl jährl tägl wöchentl kap bd abb tab anm aufl hrsg bzgl einschl ausschl entspr etw geb ggü jmd kfm
    lfd techn tlw urspr versch vorh vorl vors wg zw allg begr bes betr dt engl erw franz gest ges gez hl insb jh kl
    mod nat od österr phil rd röm schw u usw verb verf verl zus ziff lit rz satz.s i.s.d i.h.v i.r.d m.w.n a.d e.v
    p.a s mwst
"""
_FRENCH = """
    p.ex ex c.-à-d c.à.d env m mm mme mmes mlle mlles me dr pr art al chap cf éd etc fig janv févr juil sept oct nov
    déc max min tél av bd boul vol réf hab st ste n.b p.j s.v.p tél ann app coll dép fr ill inc incl int lég loc
    mens not obs obj par pp resp sté suiv sup trad
"""
_SPANISH = """
    p.ej p.e ej sr sra sres srta dr dra d dña ud uds vd vds etc núm nº pág págs art arts tel tfno aprox máx mín avda
    av cap dpto excl fig incl izq dcha pto s.a s.l vol ee.uu a.c d.c admón apdo cía cód dcho ed gral lic prof ref
    tít vto
"""
_PORTUGUESE = """
    p.ex ex sr sra srs sras dr dra exmo exma ilmo ilma etc núm pág págs art arts tel aprox máx mín av cap dept depto
    fig incl ltda obs ref vol v.ex prof profa eng adm cód ed end gov cia
"""
_DUTCH = """
    bijv bv d.w.z enz e.d m.b.t o.a o.i.d evt ca nr nrs blz art dhr mevr mw mej drs ing ir mr prof dr tel t.a.v
    t.o.v t.n.v t/m i.p.v i.v.m i.c.m z.s.m z.o.z zgn incl excl max min resp jl aanb afd hfst n.a.v n.v.t s.v.p
    a.u.b a.s vs m.i m.n m.a.w m.u.v t.g.v t.w.v o.b.v o.l.v p.d p.m p.p par pag ong gem geb
"""
_ITALIAN = """
    p.es es ecc etc sig sigg sig.ra sig.na dott dott.ssa prof prof.ssa ing avv arch geom rag art artt num nn pag
    pagg tel cap vol fig ca cfr max min ess incl escl l.go p.zza v.le c.so spett egr gent gent.ma s.p.a s.r.l s.n.c
    rif all v p.iva n.b a.c d.c dr on onor
"""

ABBREVIATIONS = frozenset(
    word
    for words in (_ENGLISH, _GERMAN, _FRENCH, _SPANISH, _PORTUGUESE, _DUTCH, _ITALIAN)
    for word in words.split()
)
"""In lower case, without the last full stop; any single letter and number counts besides."""

LONGEST_ABBREVIATION = max(map(len, ABBREVIATIONS))
