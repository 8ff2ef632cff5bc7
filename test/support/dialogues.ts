// Written for these tests: two people, 72 turns a language. A turn that starts with "*" holds a fact that is asked for later;
// the others are what people say in between. Speakers alternate.
const split = (text: string): string[] =>
  text
    .trim()
    .split("\n")
    .map((line) => line.trim());

export const GERMAN = split(`
Hallo Jana, schön, dass wir uns mal wieder hören!
Ja, hallo! Ich freue mich auch sehr, es ist viel zu lange her.
*Wir sind letzten Monat nach Erfurt gezogen, in die Löberstraße 14.
Oh wie toll, das klingt ja richtig aufregend, herzlichen Glückwunsch!
Danke, es war wirklich viel Arbeit, aber jetzt ist es gut.
*Mein Bruder Henrik hat übrigens im März eine Bäckerei in Kassel eröffnet.
Das ist ja großartig, er hat das doch schon so lange gewollt!
Genau, man merkt richtig, wie glücklich ihn das macht.
Was gibt es denn bei dir sonst so Neues, erzähl doch mal?
*Ich habe mit dem Cello angefangen, jeden Dienstag um 18 Uhr bei Frau Lindqvist.
Wow, das hätte ich gar nicht gedacht, das ist ja wunderbar!
Ja, ich finde auch, man sollte immer etwas Neues probieren.
Da hast du vollkommen recht, das sage ich auch immer.
*Unsere Katze Mimi musste operiert werden, das hat 840 Euro gekostet.
Ach je, die Arme, ich hoffe, es geht ihr wieder besser?
Ja, zum Glück ist alles gut gegangen, wir sind sehr erleichtert.
Das freut mich zu hören, so etwas ist immer schrecklich.
Stimmt, man macht sich dann wirklich große Sorgen.
*Im August fahren wir mit dem Nachtzug nach Triest, die Fahrkarten sind schon gekauft.
Oh, da beneide ich euch aber sehr, das wird bestimmt schön!
Ganz bestimmt, wir freuen uns schon riesig darauf.
*Seit dem Unfall 2019 vertrage ich keine Penicillin-Tabletten mehr.
Das wusste ich gar nicht, da musst du ja gut aufpassen.
Ja, aber man gewöhnt sich an alles, es ist nicht so schlimm.
Trotzdem finde ich es bewundernswert, wie du damit umgehst.
Danke, das ist wirklich lieb von dir, das zu sagen.
*Meine Chefin heißt jetzt Frau Okonkwo, sie kam von der Sparkasse Göttingen.
Und wie ist sie so, kommst du gut mit ihr zurecht?
Ja, ich glaube schon, wir verstehen uns ganz gut soweit.
Das ist doch das Wichtigste, finde ich jedenfalls.
*Ich trinke keinen Kaffee mehr, nur noch Rooibostee mit Honig.
Ehrlich, das könnte ich mir für mich gar nicht vorstellen!
Ach, am Anfang war es schwer, aber jetzt ist es gut.
Na dann, Hauptsache, du fühlst dich wohl damit.
*Paula hat am 9. November Abiturtreffen in der Gaststätte Felsenkeller.
Da gehst du doch sicher auch hin, oder nicht?
Ich weiß es noch nicht so genau, mal sehen, wie es passt.
Das verstehe ich gut, man muss ja nicht überall dabei sein.
Eben, manchmal ist es zu Hause doch am schönsten.
*Das WLAN-Passwort im Ferienhaus steht auf dem Zettel hinter der Standuhr.
Ah, gut zu wissen, das vergesse ich sonst bestimmt wieder.
Kein Problem, ich kann dich ja noch mal daran erinnern.
Das ist nett, vielen lieben Dank dafür!
*Tante Gisela züchtet jetzt Alpakas auf einem Hof bei Quedlinburg.
Nein, wirklich, das ist ja kaum zu glauben, wie lustig!
Doch, doch, und sie ist damit richtig glücklich geworden.
Das freut mich für sie, sie hat es sich verdient.
Finde ich auch, sie hat immer so viel für andere getan.
*Für den Marathon in Leipzig trainiere ich viermal die Woche im Clara-Zetkin-Park.
Respekt, also ich würde das niemals schaffen!
Ach was, das sagst du jetzt nur so, natürlich würdest du.
Na ja, vielleicht irgendwann einmal, wer weiß das schon.
Man soll ja bekanntlich niemals nie sagen, nicht wahr?
*Das rote Fahrrad habe ich für 120 Euro an Herrn Yilmaz verkauft.
Ach schade, das war doch immer so ein schönes Rad.
Ja, ein bisschen traurig war ich natürlich schon darüber.
Das kann ich wirklich sehr gut nachvollziehen.
*Unser Sohn Jonas möchte Geigenbauer werden, in Mittenwald gibt es eine Schule.
Wie schön, dass er schon so genau weiß, was er will!
Ja, wir unterstützen ihn dabei natürlich, so gut wir können.
Das ist genau richtig so, da bin ich ganz deiner Meinung.
Danke, das bedeutet mir wirklich sehr viel.
*Der Schlüssel für den Keller liegt bei Familie Brandauer im dritten Stock.
Alles klar, dann weiß ich ja Bescheid, wenn etwas ist.
Super, dann kann ja eigentlich nichts mehr schiefgehen.
Hoffen wir es mal, man weiß ja nie so genau.
Du, ich muss jetzt leider langsam wieder los.
Ja, ich auch, es war wirklich schön, mit dir zu reden.
Finde ich auch, das sollten wir viel öfter machen.
Auf jeden Fall, wir hören uns ganz bald wieder!
Mach es gut und grüß alle ganz lieb von mir!
Mache ich gerne, bis bald und alles Gute!
`);

export const CHINESE = split(`
你好啊，好久不见，最近怎么样？
还不错，谢谢你，能聊聊天真是太好了。
*我上个月搬到了苏州，住在平江路三十六号。
哇，真的吗？那太好了，恭喜你啊！
谢谢，虽然有点累，但是还是挺开心的。
*我妹妹今年九月要去柏林学建筑，拿到了全额奖学金。
她真厉害，你们家里人一定很高兴吧。
是啊，大家都特别高兴，我也觉得很好。
那你自己呢，最近有什么新鲜事吗？
*我开始学拉二胡了，每周四晚上七点跟陈老师上课。
哈哈，没想到你会学这个，真有意思。
对啊，我也没想到，不过真的很好玩。
人就是应该多试试新的东西，对不对？
*我们家的小狗豆豆做了手术，花了四千八百块。
哎呀，太可怜了，它现在好一点了吗？
好多了，谢谢你关心，我们都放心了。
那就好，那就好，听你这么说我也放心了。
是的，那几天真的很担心，都没有睡好。
*八月份我打算坐火车去西藏，票已经买好了，是十二号的卧铺。
好羡慕你啊，那里一定很美很美。
我也很期待，希望到时候一切都顺利。
*医生说我对青霉素过敏，以后不能再用了。
这个我还不知道呢，那你要多小心才行。
嗯，我会注意的，其实也没有那么严重。
你总是这么乐观，我真的很佩服你。
哪里哪里，你过奖了，我也是没办法。
*我们部门换了新经理，叫欧阳雪梅，以前在青岛啤酒工作。
那她人怎么样，你们相处得还好吗？
我觉得还可以吧，大家都说她不错。
那就好，这个还是很重要的，我觉得。
*我已经不喝咖啡了，现在只喝陈皮普洱茶。
真的假的，我可做不到，哈哈哈。
一开始是有点难，后来慢慢就习惯了。
那也挺好的，只要自己舒服就行。
*高中同学聚会定在十一月九号，地点是松鹤楼二楼包间。
那你会去吗？我觉得应该挺热闹的。
我还没想好，到时候再看看吧。
也对，不用勉强自己，开心最重要。
就是啊，有时候在家待着也挺好的。
*老家钥匙放在厨房第二个抽屉的铁盒子里。
好的好的，我记住了，谢谢你告诉我。
没事没事，忘了的话可以再问我。
你真好，每次都这么帮我的忙。
*我舅舅在宁夏种了三百亩枸杞，今年收成特别好。
是吗，那真是太好了，他一定很开心。
可不是嘛，他每天都笑得合不拢嘴。
听着就让人高兴，真是太不容易了。
对，他辛苦了那么多年，也该享享福了。
*为了参加厦门马拉松，我每天早上五点半沿着金鸡湖跑步。
太厉害了吧，我可坚持不了，真的。
你也可以的，只要慢慢来就好了。
哈哈，还是算了吧，我比较懒一点。
没关系，每个人都有自己的生活方式嘛。
*那辆绿色的自行车我卖给了隔壁的刘师傅，卖了二百六十块。
啊，好可惜啊，我还挺喜欢它的呢。
我也有点舍不得，不过也没有办法。
是啊，有时候就是这样，想开一点吧。
*我儿子想当小提琴制作师，正在报名北京的一个学校。
真好，他这么小就知道自己想要什么。
我们都支持他，只要他喜欢就好了。
你们真是好父母，我完全同意你们。
谢谢你这么说，我听了很高兴。
*备用钥匙我留给了三楼的赵阿姨，有急事可以找她。
明白了，那我就放心了，谢谢啊。
不客气，应该的，我们是朋友嘛。
对啊，有你这样的朋友真是太好了。
时间不早了，我差不多该走了。
好的，今天跟你聊天真的很开心。
我也是，下次有空我们再聊吧。
一定一定，你要多多保重身体啊。
你也是，替我向大家问个好。
好的，再见，祝你一切都好！
`);

export const JAPANESE = split(`
こんにちは、お久しぶりです、お元気でしたか？
はい、おかげさまで元気です、お話しできてうれしいです。
*先月、金沢の東山二丁目に引っ越しました。
わあ、そうなんですね、おめでとうございます！
ありがとうございます、大変でしたけど、よかったです。
*弟の健太は四月に函館でパン屋を開きました。
すごいですね、ずっとやりたいと言っていましたよね。
そうなんです、とても楽しそうにしていますよ。
あなたのほうは、最近何か変わったことはありますか？
*毎週火曜日の夜七時に、森田先生のところでチェロを習い始めました。
へえ、それは知りませんでした、素敵ですね。
はい、新しいことをするのは楽しいですよね。
本当にそうですね、私もそう思います。
*うちの猫のミケが手術をして、八万四千円かかりました。
ええっ、かわいそうに、もう大丈夫なんですか？
はい、もうすっかり元気になって、安心しました。
それはよかったです、本当に心配ですよね。
そうなんです、あの時は本当に大変でした。
*八月に寝台列車サンライズで出雲へ行く予定で、切符はもう買いました。
いいですね、うらやましいです、きっと楽しいですよ。
ありがとうございます、今からとても楽しみです。
*二〇一九年の事故のあとから、ペニシリンが飲めない体質になりました。
そうだったんですか、それは気をつけないといけませんね。
はい、でももう慣れましたから、大丈夫ですよ。
それでもえらいと思います、本当に。
いえいえ、そんなことはないですよ。
*新しい上司は大久保さんという人で、前は広島銀行にいたそうです。
どんな人ですか、うまくやっていけそうですか？
はい、たぶん大丈夫だと思います、いい人ですよ。
それが一番大事ですよね、よかったです。
*コーヒーはやめて、今は蜂蜜入りのルイボス茶だけにしています。
本当ですか、私にはちょっと無理かもしれません。
最初は大変でしたけど、もう慣れましたよ。
それならよかったです、体が一番ですからね。
*高校の同窓会は十一月九日に、料亭の松風で開かれます。
行かれるんですか、きっとにぎやかでしょうね。
まだ決めていないんです、どうしようかなと思って。
そうですよね、無理をすることはないですよ。
はい、家でゆっくりするのもいいですしね。
*別荘の合鍵は、玄関の柱時計の裏に隠してあります。
わかりました、教えてくださってありがとうございます。
いえいえ、忘れたらまた聞いてくださいね。
はい、いつも本当にありがとうございます。
*叔母の房江は那須高原でアルパカを十二頭飼っています。
ええ、そうなんですか、びっくりしました。
そうなんです、とても幸せそうにしていますよ。
それはよかったですね、私もうれしいです。
本当に、いつも人のために頑張っていましたから。
*琵琶湖マラソンのために、毎朝五時半から鴨川沿いを走っています。
すごいですね、私には絶対にできません。
そんなことないですよ、きっとできますよ。
いやいや、私はちょっと怠け者ですから。
まあ、人それぞれでいいと思いますよ。
*赤い自転車は隣の山崎さんに一万二千円で売りました。
ああ、残念ですね、とてもいい自転車でしたのに。
そうですね、少しさびしい気持ちもありますけど。
お気持ちはよくわかりますよ、本当に。
*息子の悠斗はバイオリン職人になりたくて、クレモナの学校を調べています。
もうそんなにはっきり決めているんですね、すごいです。
はい、できるだけ応援してあげたいと思っています。
それはいいことですね、私も賛成ですよ。
そう言っていただけると、とてもうれしいです。
*地下室の鍵は三階の小野寺さんに預けてあります。
わかりました、何かあったらそうしますね。
はい、それならもう安心ですね。
そうですね、何もないといいですけどね。
すみません、そろそろ行かないといけません。
はい、今日はお話しできて楽しかったです。
私もです、またぜひお話ししましょう。
もちろんです、また近いうちに会いましょうね。
お体に気をつけて、皆さんによろしくお伝えください。
はい、ありがとうございます、それではまた。
`);
